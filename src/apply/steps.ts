/** The steps of a run on one node, each one exec, for who prints or tests all of them. */
import type { Change } from '../reach/changer.ts';
import { finish, undo } from './end-steps.ts';
import { release, take } from './lock-steps.ts';
import { reload, restart } from './restart-step.ts';
import { lookAtFile, putFileBack, writeFile } from './node-file-steps.ts';
import { gate, prove } from './prove-step.ts';
import { request, stage, stageSigned } from './stage-step.ts';
import { swap } from './swap-steps.ts';

export const steps: readonly Change[] = [
  take,
  request,
  stage,
  stageSigned,
  swap,
  restart,
  reload,
  prove,
  gate,
  finish,
  lookAtFile,
  writeFile,
  putFileBack,
  release,
  undo,
];
