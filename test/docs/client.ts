/** A `kubectl` for documented commands: it dials what the kubeconfig names, checks it as Go does, and lists the nodes or fails in Go's words. */

export const clientProgram = String.raw`#!/usr/bin/env node
const { readFileSync } = require('node:fs');
const tls = require('node:tls');
const { isIP } = require('node:net');
const words = process.argv.slice(2);
const valueOf = (flag) => words.find((_, at) => words[at - 1] === flag);
const text = readFileSync(valueOf('--kubeconfig') ?? 'admin.conf', 'utf8');
const { hostname, port } = new URL(/server"?: *"?(https:[^"\s]+)/.exec(text)[1]);
const ca = Buffer.from(/certificate-authority-data"?: *"?([\w+/=]+)/.exec(text)[1], 'base64');
const servername = valueOf('--tls-server-name') ?? hostname;
const fail = (why) => {
  console.error('Unable to connect to the server: tls: failed to verify certificate: x509: ' + why);
  process.exit(1);
};
// Go looks at the names first, then at who signed.
const socket = tls.connect(
  { host: hostname, port, ca, servername: isIP(servername) ? '' : servername, rejectUnauthorized: false },
  () => {
    const { subjectaltname = '' } = socket.getPeerCertificate();
    const kind = isIP(servername) ? 'IP Address' : 'DNS';
    const names = subjectaltname.split(', ').map((one) => one.split(/:(.*)/s));
    const held = names.filter(([one]) => one === kind).map(([, name]) => name);
    if (held.length === 0 && kind !== 'DNS')
      fail('cannot validate certificate for ' + servername + " because it doesn't contain any IP SANs");
    if (!held.includes(servername)) fail('certificate is valid for ' + held.join(', ') + ', not ' + servername);
    if (!socket.authorized && socket.authorizationError !== 'ERR_TLS_CERT_ALTNAME_INVALID') fail('certificate signed by unknown authority');
    console.log('NAME   STATUS   ROLES           AGE   VERSION\ncp1    Ready    control-plane   90d   v1.34.4');
    socket.destroy();
  },
);
socket.on('error', (error) => fail(error.message));
`;
