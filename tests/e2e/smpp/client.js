// npm `smpp` as a client of the simulated SMS centre. Arguments: port, system_id, password, our
// number, the phone's number; over TLS when the file of an authority follows. Says on standard output what it saw, one word a line; ends with code
// 0 when all that it expects has happened.
'use strict';
const fs = require('fs');
const smpp = require('smpp');
const [port, systemId, password, number, phone, caFile] = process.argv.slice(2);

const expected = new Set(['bound', 'accepted', 'long accepted', 'receipt', 'message', 'data', 'refused']);
function saw(what) {
  console.log(what);
  expected.delete(what);
  if (expected.size > 0) return;
  session.unbind(() => { console.log('unbound'); process.exit(0); });
}

const session = smpp.connect(caFile
  ? { host: '127.0.0.1', port: Number(port), tls: true, ca: fs.readFileSync(caFile) }
  : { host: '127.0.0.1', port: Number(port) });
session.on('error', (error) => { console.log('error ' + error.message); process.exit(1); });
session.on(caFile ? 'secureConnect' : 'connect', () => {
  session.bind_transceiver({ system_id: systemId, password: password }, (pdu) => {
    if (pdu.command_status !== 0) process.exit(2);
    saw('bound');
    submit();
  });
});

function submit() {
  const from = { source_addr_ton: 3, source_addr_npi: 0, source_addr: number };
  const to = { dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: phone };
  session.submit_sm({ ...from, ...to, registered_delivery: 1, data_coding: 0, short_message: 'price: 5€ @ {home}' },
    (pdu) => { if (pdu.command_status === 0 && pdu.message_id) saw('accepted'); });
  session.submit_sm({ ...from, ...to, short_message: '', message_payload: 'žluťoučký '.repeat(30) },
    (pdu) => { if (pdu.command_status === 0) saw('long accepted'); });
  session.submit_sm({ ...from, ...to, source_addr: '999', short_message: 'x' },
    (pdu) => { if (pdu.command_status === smpp.ESME_RINVSRCADR) saw('refused'); });
}

session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  if (pdu.esm_class & 0x04) {
    const text = pdu.short_message.message;
    if (/stat:DELIVRD/.test(text) && pdu.message_state === 2) saw('receipt');
  } else if (pdu.short_message.udh) {
    if (Buffer.isBuffer(pdu.short_message.message)) saw('data');
  } else if (pdu.short_message.message === 'Grüße, 世界') {
    saw('message');
  }
});
