/** What the stand-in for kubectl says before it ends with 1: the whole line, as the real one prints it. */
export class Complaint extends Error {}
