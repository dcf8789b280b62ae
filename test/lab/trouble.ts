/** What keeps the lab from working on this machine: one clear sentence, and the command to type next. */
export class Trouble extends Error {
  readonly sentence: string;
  readonly next: string;

  constructor(sentence: string, next: string) {
    super(`${sentence}\n  next: ${next}`);
    this.name = 'Trouble';
    this.sentence = sentence;
    this.next = next;
  }
}
