# Net::SMPP as a client of the simulated SMS centre: what client.js is, with the same arguments and
# the same lines. Ends with code 0 when all that it expects has happened.
use strict;
use warnings;
use Net::SMPP;

$| = 1;
my ($port, $system_id, $password, $number, $phone) = @ARGV;
my %expected = map { $_ => 1 } ('bound', 'accepted', 'long accepted', 'receipt', 'message', 'data',
  'refused', 'queried');

sub saw {
  my ($what) = @_;
  print "$what\n";
  delete $expected{$what};
}

my ($smsc, $bound) = Net::SMPP->new_transceiver('127.0.0.1', port => $port, smpp_version => 0x34,
  system_id => $system_id, password => $password) or die "no connection: $!";
die 'bind refused' if $bound->{status};
${*$smsc}{async} = 1;
saw('bound');

my @from = (source_addr_ton => 3, source_addr_npi => 0, source_addr => $number);
my @to = (dest_addr_ton => 1, dest_addr_npi => 1, destination_addr => $phone);
my %sent;
# GSM 03.38, septet by septet: the euro is two, the at sign is nought.
$sent{$smsc->submit_sm(@from, @to, registered_delivery => 1,
  short_message => "price: 5\x1be \x00 \x1b(home\x1b)")} = 'accepted';
my $long = pack('n*', map { ord } split //, "\x{17e}lu\x{165}ou\x{10d}k\x{fd} " x 30);
$sent{$smsc->submit_sm(@from, @to, data_coding => 8, short_message => '',
  message_payload => $long)} = 'long accepted';
$sent{$smsc->submit_sm(source_addr_ton => 3, source_addr => '999', @to, short_message => 'x')} =
  'refused';

while (%expected) {
  my $pdu = $smsc->read_pdu() or die 'the centre closed';
  my $cmd = $pdu->{cmd};
  if ($cmd == (Net::SMPP::CMD_submit_sm | 0x80000000)) {
    my $what = $sent{$pdu->{seq}};
    saw($what) if $what eq 'refused' ? $pdu->{status} == 0x0A : $pdu->{status} == 0;
    $smsc->query_sm(@from, message_id => $pdu->{message_id}) if $what eq 'accepted';
  } elsif ($cmd == (Net::SMPP::CMD_query_sm | 0x80000000)) {
    saw('queried') if $pdu->{status} == 0 && $pdu->{message_state} == 2;
  } elsif ($cmd == Net::SMPP::CMD_deliver_sm) {
    $smsc->deliver_sm_resp(seq => $pdu->{seq}, message_id => '');
    if ($pdu->{esm_class} & 0x04) {
      saw('receipt') if $pdu->{short_message} =~ /stat:DELIVRD/
        && unpack('C', $pdu->{message_state}) == 2;
    } elsif ($pdu->{esm_class} & 0x40) {
      saw('data') if $pdu->{data_coding} == 4;
    } else {
      saw('message') if $pdu->{data_coding} == 8
        && $pdu->{short_message} eq pack('n*', map { ord } split //, "Gr\x{fc}\x{df}e, \x{4e16}\x{754c}");
    }
  } elsif ($cmd == Net::SMPP::CMD_enquire_link) {
    $smsc->enquire_link_resp(seq => $pdu->{seq});
  }
}
$smsc->unbind();
my $goodbye = $smsc->read_pdu();
print "unbound\n";
exit($goodbye && $goodbye->{cmd} == (Net::SMPP::CMD_unbind | 0x80000000) ? 0 : 3);
