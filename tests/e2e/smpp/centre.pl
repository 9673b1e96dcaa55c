# Net::SMPP as an SMS centre for the adapter's session: what centre.js is, with the same arguments
# and the same lines, one connection after another.
use strict;
use warnings;
use Net::SMPP;

$| = 1;
my ($system_id, $password, $number, $phone, $behaviour) = @ARGV;
my %does = map { $_ => 1 } split /,/, ($behaviour // '');
my ($last_id, $submits, $taken, $joined) = (0x1f00, 0, 0, 0);
my (@held, %unanswered, $join_seq);

my $listen = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34, async => 1,
  timeout => undef) or die "no port: $!";
print 'port ', $listen->sockport, "\n";

sub deliver {
  my ($esme, @pdu) = @_;
  my @copy = @pdu;  # the library empties what it is given
  my $seq = $esme->deliver_sm(@copy);
  $unanswered{$seq} = [@pdu];
  return $seq;
}

sub receipt_for {
  my ($id, $pdu) = @_;
  return (source_addr_ton => 1, source_addr_npi => 1, source_addr => $pdu->{destination_addr},
    destination_addr => $pdu->{source_addr},
    esm_class => 4, short_message => sprintf('id:%010d sub:001 dlvrd:001 submit date:2611221821 ' .
      'done date:2611221821 stat:DELIVRD err:000 text:', $id));
}

# False when the link is to be dropped instead of an answer.
sub take {
  my ($esme, $pdu) = @_;
  my $id = ++$last_id;
  my $is_data = $pdu->{data_coding} == 4;
  print $is_data ? 'data ' . unpack('H*', $pdu->{short_message}) : "text $pdu->{short_message}", "\n";
  my @receipt = receipt_for($id, $pdu);
  deliver($esme, @receipt) if $does{early};
  push @held, [@receipt] if $does{late};
  return 0 if $does{lose} && ++$taken % 5 == 0;
  $esme->submit_sm_resp(seq => $pdu->{seq}, message_id => sprintf('%X', $id));
  deliver($esme, @receipt) unless $does{early} || $does{late};
  push @held, [source_addr_ton => 1, source_addr_npi => 1,
    source_addr => $pdu->{destination_addr}, destination_addr => $pdu->{source_addr},
    esm_class => $pdu->{esm_class} & 0x40, data_coding => 4,
    short_message => $pdu->{short_message}] if $does{echo} && $is_data;
  return 1;
}

sub serve {
  my ($esme) = @_;
  while (my $pdu = $esme->read_pdu()) {
    my $cmd = $pdu->{cmd};
    if ($cmd == Net::SMPP::CMD_bind_transceiver) {
      my $fits = $pdu->{system_id} eq $system_id && $pdu->{password} eq $password;
      $esme->bind_transceiver_resp(seq => $pdu->{seq}, system_id => 'perl',
        status => $fits ? 0 : 0x0D);
      return unless $fits;
      next if $joined++;
      $join_seq = deliver($esme, source_addr_ton => 1, source_addr_npi => 1,
        source_addr => $phone, destination_addr => $number, short_message => 'JOIN');
    } elsif ($cmd == Net::SMPP::CMD_submit_sm) {
      if ($does{throttle} && ++$submits % 3 == 0) {
        $esme->submit_sm_resp(seq => $pdu->{seq}, message_id => '', status => 0x58);
      } else {
        take($esme, $pdu) or return;
      }
    } elsif ($cmd == Net::SMPP::CMD_enquire_link) {
      $esme->enquire_link_resp(seq => $pdu->{seq});
      deliver($esme, @$_) for splice @held;
    } elsif ($cmd == Net::SMPP::CMD_unbind) {
      $esme->unbind_resp(seq => $pdu->{seq});
      return;
    } elsif ($cmd == (Net::SMPP::CMD_deliver_sm | 0x80000000)) {
      delete $unanswered{$pdu->{seq}};
      print "answered $pdu->{status}\n" if defined $join_seq && $pdu->{seq} == $join_seq;
    }
  }
}

while (1) {
  my $esme = $listen->accept or next;
  serve($esme);
  close $esme;
  undef $join_seq;
  push @held, values %unanswered;
  %unanswered = ();
}
