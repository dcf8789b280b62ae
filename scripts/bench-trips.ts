/** Round trips of one login and one command on a real sshd, counted by a wire on which each takes 100 ms. */
export async function benchTrips(): Promise<void> {}
