/** What the stand-in for openssl says before it ends with 1. */
export class Complaint extends Error {}
