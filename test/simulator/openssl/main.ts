/** The stand-in for openssl, for a machine that has none: what the scripts on a node ask of it, and nothing else. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { showCertificate } from './certificate.ts';
import { Complaint } from './complaint.ts';
import { showPublicKey } from './key.ts';
import { readOptions } from './options.ts';
import { checkRequest, makeRequest } from './request.ts';
import { dial } from './dial.ts';

type Command = (args: readonly string[]) => Promise<number> | number;

const commands: Readonly<Record<string, Command>> = {
  s_client: (args) => dial(readOptions('s_client', '-connect= -servername= -showcerts -quiet', args)),
  x509: (args) =>
    showCertificate(readOptions('x509', '-in= -outform= -noout -text -pubkey -checkend=', args)),
  pkey: (args) => showPublicKey(readOptions('pkey', '-in= -passin= -pubout -outform=', args)),
  req: (args) => {
    const options = readOptions('req', '-new -sha256 -subj= -key= -addext= -noout -verify', args);
    return options.flags.has('-new') ? makeRequest(options) : checkRequest(options);
  },
  dgst: async (args) => {
    const { flags } = readOptions('dgst', '-sha256', args);
    if (flags.size === 0) throw new Complaint('the simulated openssl dgst needs -sha256');
    const digest = createHash('sha256').update(await buffer(process.stdin));
    process.stdout.write(`SHA2-256(stdin)= ${digest.digest('hex')}\n`);
    return 0;
  },
};

const [name = '', ...args] = process.argv.slice(2);
// Not awaited: the program becomes a plain script.
void run().catch((error: unknown) => {
  if (!(error instanceof Complaint)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const command = commands[name];
  if (command === undefined) {
    throw new Complaint(
      `the simulated openssl knows only ${Object.keys(commands).join(', ')}, not "${name}"`,
    );
  }
  process.exitCode = await command(args);
}
