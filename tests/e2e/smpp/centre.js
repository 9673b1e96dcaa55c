// npm `smpp` as an SMS centre for the adapter's session. Arguments: system_id, password, our number,
// the phone's number, and how it behaves, a list parted by commas:
//   throttle  every third submit is refused with 0x58 first
//   lose      every fifth submit is taken, and the link dropped instead of an answer
//   early     receipts before their responses        late  receipts only at the next enquire_link
//   echo      the phone sends every data message back, at the next enquire_link
// What a client has not answered when its link ends is brought again at an enquire_link.
// A key file and a certificate file after it: over TLS.
// Ids are hexadecimal in responses and decimal with leading zeros in receipts. Prints its port, and
// for each submit that it takes the text or the user data in hexadecimal. The phone says JOIN once.
'use strict';
const fs = require('fs');
const smpp = require('smpp');
const [systemId, password, number, phone, behaviour, keyFile, certFile] = process.argv.slice(2);
const does = new Set((behaviour || '').split(','));
let lastId = 0x1f00;
let submits = 0;
let taken = 0;
let joined = false;
const held = [];
const unanswered = new Map();

function deliver(session, pdu, answered) {
  unanswered.set(pdu, session);
  session.deliver_sm(pdu, (response) => { unanswered.delete(pdu); if (answered) answered(response); });
}

function receiptFor(id, pdu) {
  return { source_addr_ton: 1, source_addr_npi: 1, source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr, esm_class: 4,
    short_message: 'id:' + String(id).padStart(10, '0') + ' sub:001 dlvrd:001 ' +
      'submit date:2611221821 done date:2611221821 stat:DELIVRD err:000 text:' };
}

function octetsOf({ message, udh }) {
  if (!udh) return message;
  const header = Buffer.concat(udh);
  return Buffer.concat([Buffer.from([header.length]), header, message]);
}

function take(session, pdu) {
  const id = ++lastId;
  const message = pdu.short_message.message;
  const isData = Buffer.isBuffer(message);
  const octets = isData && octetsOf(pdu.short_message);
  console.log(isData ? 'data ' + octets.toString('hex') : 'text ' + message);
  if (does.has('early')) deliver(session, receiptFor(id, pdu));
  if (does.has('late')) held.push(receiptFor(id, pdu));
  if (does.has('lose') && ++taken % 5 === 0) return session.destroy();
  session.send(pdu.response({ message_id: id.toString(16).toUpperCase() }));
  if (!does.has('early') && !does.has('late')) deliver(session, receiptFor(id, pdu));
  if (!does.has('echo') || !isData) return;
  held.push({ source_addr_ton: 1, source_addr_npi: 1, source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr, esm_class: pdu.esm_class & 0x40, data_coding: 4,
    short_message: octets });
}

const tls = keyFile ? { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certFile) } : {};
const server = smpp.createServer(tls, (session) => {
  session.on('error', () => {});
  session.on('close', () => {
    for (const [pdu, via] of unanswered) {
      if (via !== session) continue;
      unanswered.delete(pdu);
      held.push(pdu);
    }
  });
  session.on('bind_transceiver', (pdu) => {
    const fits = pdu.system_id === systemId && pdu.password === password;
    session.send(pdu.response({ command_status: fits ? 0 : smpp.ESME_RBINDFAIL }));
    if (!fits) return session.close();
    if (joined) return;
    joined = true;
    deliver(session, { source_addr_ton: 1, source_addr_npi: 1, source_addr: phone,
      destination_addr: number, short_message: 'JOIN' },
      (response) => console.log('answered ' + response.command_status));
  });
  session.on('submit_sm', (pdu) => {
    if (does.has('throttle') && ++submits % 3 === 0) {
      return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    }
    take(session, pdu);
  });
  session.on('enquire_link', (pdu) => {
    session.send(pdu.response());
    for (const pdu of held.splice(0)) deliver(session, pdu);
  });
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
});
server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
