/** The stand-in for openssl, for a machine that has none: what the scripts on a node ask of it, and nothing else. */
import { createHash } from 'node:crypto';
import type { Asked, Program } from '../program.ts';
import { showCertificate } from './certificate.ts';
import { Complaint } from './complaint.ts';
import { showPublicKey } from './key.ts';
import { readOptions } from './options.ts';
import { checkRequest, makeRequest } from './request.ts';
import { dial } from './dial.ts';

type Command = (args: readonly string[], asked: Asked) => Promise<number>;

const commands: Readonly<Record<string, Command>> = {
  s_client: (args, asked) =>
    dial(readOptions('s_client', '-connect= -servername= -showcerts -quiet', args), asked),
  x509: (args, asked) =>
    showCertificate(readOptions('x509', '-in= -outform= -noout -text -pubkey -checkend=', args), asked),
  pkey: (args, asked) => showPublicKey(readOptions('pkey', '-in= -passin= -pubout -outform=', args), asked),
  req: (args, asked) => {
    const options = readOptions('req', '-new -sha256 -subj= -key= -addext= -noout -verify', args);
    return options.flags.has('-new') ? makeRequest(options, asked) : checkRequest(options, asked);
  },
  dgst: async (args, asked) => {
    const { flags } = readOptions('dgst', '-sha256', args);
    if (flags.size === 0) throw new Complaint('the simulated openssl dgst needs -sha256');
    const digest = createHash('sha256').update(await asked.stdin());
    asked.say(`SHA2-256(stdin)= ${digest.digest('hex')}\n`);
    return 0;
  },
};

export const openssl: Program = async (asked) => {
  const [name = '', ...args] = asked.args;
  try {
    const command = commands[name];
    if (command === undefined) {
      throw new Complaint(
        `the simulated openssl knows only ${Object.keys(commands).join(', ')}, not "${name}"`,
      );
    }
    return await command(args, asked);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    asked.complain(`${error.message}\n`);
    return 1;
  }
};
