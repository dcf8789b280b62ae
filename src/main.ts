/** The program: argv in, exit code out. The only place that knows the process. */
import { run } from './cli/run.ts';

// A reader that went away (`| head`) is no error of ours, and no reason to lose the exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

void run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `fix-sans: this is a bug, please report it; nothing was changed\n${String((error as Error).stack ?? error)}\n`,
    );
    process.exitCode = 1;
  },
);
