/** All work has ended by then; a socket or a thread that was forgotten is no reason to keep an orchestrator waiting. */
const PATIENCE_MS = 5_000;

/** Ends the process if something keeps it that nobody has ended, and says what. To be called when its work is over. */
export function leaveSoon(patienceMs: number = PATIENCE_MS): void {
  const timer = setTimeout(() => {
    const kept = [...new Set(process.getActiveResourcesInfo())].join(', ');
    process.stderr.write(`sallyport: its work is over, and it was still kept by: ${kept}\n`);
    process.exit();
  }, patienceMs);
  timer.unref();
}
