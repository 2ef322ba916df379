/** cel.expr.Value in protobuf's JSON, as the conformance tests have it. */
export type CelJson = Readonly<Record<string, unknown>>;

/** The value written as a CEL expression; undefined where there is none for it. */
export function literalOf(value: CelJson): string | undefined {
  const [kind = '', content] = Object.entries(value)[0] ?? [];
  switch (kind) {
    case 'int64Value':
      return `(${String(content)})`;
    case 'uint64Value':
      return `${String(content)}u`;
    case 'doubleValue':
      return doubleLiteral(content);
    case 'stringValue':
      return quoted(String(content));
    case 'bytesValue':
      return `b'${[...Buffer.from(String(content), 'base64')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
    case 'boolValue':
      return String(content);
    case 'nullValue':
      return 'null';
    case 'typeValue':
      return /^[a-z_]+$/.test(String(content)) ? String(content) : undefined;
    case 'listValue':
      return listLiteral(content as { readonly values?: readonly CelJson[] });
    case 'mapValue':
      return mapLiteral(
        content as { readonly entries?: readonly { readonly key: CelJson; readonly value: CelJson }[] },
      );
    case 'objectValue':
      return wellKnown(content as Readonly<Record<string, unknown>>);
    default:
      return undefined;
  }
}

/** NaN equals nothing, and so cannot be asked for. */
function doubleLiteral(content: unknown): string | undefined {
  if (content === 'NaN') return undefined;
  if (typeof content === 'string') return `double('${content.replace('Infinity', 'inf')}')`;
  const text = String(content);
  return `(${/[.e]/.test(text) ? text : `${text}.0`})`;
}

function quoted(text: string): string {
  const escaped = Array.from(text).map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === "'" || character === '\\') return `\\${character}`;
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  });
  return `'${escaped.join('')}'`;
}

function listLiteral({ values = [] }: { readonly values?: readonly CelJson[] }): string | undefined {
  const items = values.map(literalOf);
  return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
}

function mapLiteral({
  entries = [],
}: {
  readonly entries?: readonly { readonly key: CelJson; readonly value: CelJson }[];
}): string | undefined {
  const items = entries.map(({ key, value }) => [literalOf(key), literalOf(value)]);
  if (items.some((item) => item.includes(undefined))) return undefined;
  return `{${items.map((item) => item.join(': ')).join(', ')}}`;
}

function wellKnown(message: Readonly<Record<string, unknown>>): string | undefined {
  switch (message['@type']) {
    case 'type.googleapis.com/google.protobuf.Duration':
      return `duration(${quoted(String(message['value']))})`;
    case 'type.googleapis.com/google.protobuf.Timestamp':
      return `timestamp(${quoted(String(message['value']))})`;
    default:
      return undefined;
  }
}
