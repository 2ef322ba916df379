import type { Room } from '../architecture/import-table.ts';

/** `bin` imports everything; drawing that would hide the rest. */
const WIRES = 'bin';

/** The import table as a Mermaid graph: folders with the same first name are one node, and so are their arrows. */
export function roomGraph(rooms: readonly Room[]): string {
  const arrows = rooms
    .filter(({ path }) => path !== WIRES)
    .flatMap(({ path, mayImport }) => mayImport.map((other) => [folder(path), folder(other)] as const))
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => `  ${from} --> ${to}\n`);
  return `\`\`\`mermaid\ngraph TD\n${[...new Set(arrows)].join('')}\`\`\`\n`;
}

function folder(path: string): string {
  return path.split('/')[0] ?? path;
}
