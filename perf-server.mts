import { startFakeSshd } from './test/support/fake-sshd.ts';
import { readFileSync } from 'node:fs';
const s = await startFakeSshd({ host: '0.0.0.0', userKey: readFileSync(process.argv[2]!, 'utf8'), exec(ch){ ch.resume(); ch.on('end',()=>{ch.write('x'.repeat(12000)); ch.exit(0); ch.end();}); } });
console.log(s.port, s.hostKey);
