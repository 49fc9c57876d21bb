/** Milliseconds of a clock that never stands still or goes back. `performance` would load a module at every start (3 ms). */
function uptime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/**
 * A clock that tells milliseconds since the epoch with their fractions, and whose whole milliseconds are those of the system
 * clock. Node's monotonic clock alone drifts from it when the clock is set or slewed and stands while a machine sleeps, and
 * deadlines are compared with the system clock of other processes.
 */
export function systemClock(sources: { readonly wall: () => number; readonly fine: () => number } = { wall: Date.now, fine: uptime }): () => number {
  let shift = 0;
  return () => {
    const wall = sources.wall();
    const fine = sources.fine();
    const told = fine + shift;
    if (told < wall || told >= wall + 1) shift = wall - fine;
    return fine + shift;
  };
}
