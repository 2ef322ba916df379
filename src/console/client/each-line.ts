/** Calls back for each line of a stream of text; what follows the last newline is none. */
export async function eachLine(body: ReadableStream<Uint8Array>, tell: (line: string) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') tell(line);
  }
}
