export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Of a list. */
  readonly items?: Schema;
  /** One of these, by its `kind`. */
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** A row a setting, made from the JSON Schema of the configuration. */
export function configTable(schema: Schema): string {
  const rows = settings(schema, '');
  return ['| Setting | Default | |', '|---|---|---|', ...rows].map((line) => `${line}\n`).join('');
}

function settings(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const here = path === '' ? name : `${path}.${name}`;
    if (property.properties !== undefined) return settings(property, here);
    const row = `| \`${here}\` | ${defaultOf(property)} | ${property.description ?? ''}${range(property)} |`;
    return [row, ...itemSettings(property.items ?? {}, here)];
  });
}

/** What items of every kind have alike stands there once; the rest by kind: `sinks[Syslog].port`. */
function itemSettings({ oneOf, ...items }: Schema, here: string): string[] {
  if (oneOf === undefined) return settings(items, `${here}[]`);
  const [shared = new Set<string>(), ...others] = oneOf.map((one) => new Set(settings(one, `${here}[]`)));
  const common = [...shared].filter((row) => others.every((rows) => rows.has(row)));
  const special = oneOf.flatMap((one) => {
    const rows = settings(one, `${here}[]`);
    const named = settings(one, `${here}[${String(one.properties?.['kind']?.const)}]`);
    return named.filter((_, index) => !common.includes(rows[index] ?? ''));
  });
  return [...common, ...special];
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined) return 'none';
  return `\`${Array.isArray(value) ? `[${value.join(', ')}]` : JSON.stringify(value).replaceAll('"', '')}\``;
}

/** Where it is a number with a limit of ours. */
function range({ maximum, minimum, exclusiveMinimum, type }: Schema): string {
  if (maximum === undefined || (type !== 'integer' && type !== 'number')) return '';
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : `more than ${exclusiveMinimum}`);
  return ` (${least === undefined ? '' : `${least} to `}${maximum})`;
}
