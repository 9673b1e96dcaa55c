// npm `smpp` as an SMS centre for the adapter's session. Prints its port, then for each submit_sm
// the text or the octets in hexadecimal; answers each and sends a receipt. Says JOIN for the phone
// given once a client is bound. Ends when its standard input does.
'use strict';
const smpp = require('smpp');
const [systemId, password, number, phone] = process.argv.slice(2);
let lastId = 0x1f00;

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    const fits = pdu.system_id === systemId && pdu.password === password;
    session.send(pdu.response({ command_status: fits ? 0 : smpp.ESME_RBINDFAIL }));
    if (!fits) return session.close();
    session.deliver_sm({ source_addr_ton: 1, source_addr_npi: 1, source_addr: phone,
      destination_addr: number, short_message: 'JOIN' },
      (response) => console.log('answered ' + response.command_status));
  });
  session.on('submit_sm', (pdu) => {
    const id = (++lastId).toString(16).toUpperCase();
    session.send(pdu.response({ message_id: id }));
    const message = pdu.short_message.message;
    console.log(Buffer.isBuffer(message) ? 'data ' + message.toString('hex') : 'text ' + message);
    session.deliver_sm({ source_addr: pdu.destination_addr, destination_addr: pdu.source_addr,
      esm_class: 4,
      short_message: 'id:' + String(lastId).padStart(10, '0') + ' sub:001 dlvrd:001 ' +
        'submit date:2611221821 done date:2611221821 stat:DELIVRD err:000 text:' });
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
});
server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
