/** Calls back at once, and then at most once in so many milliseconds: the last call of a burst is never lost. */
export function throttle(
  ms: number,
  after: (ms: number, callback: () => void) => () => void,
  callback: () => void,
): { readonly call: () => void; readonly stop: () => void } {
  let callOff: (() => void) | undefined;
  let again = false;
  function call(): void {
    if (callOff !== undefined) {
      again = true;
      return;
    }
    callOff = after(ms, () => {
      callOff = undefined;
      if (!again) return;
      again = false;
      call();
    });
    callback();
  }
  return { call, stop: () => callOff?.() };
}
