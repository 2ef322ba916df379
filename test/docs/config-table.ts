export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Of a list. */
  readonly items?: Schema;
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
    return [row, ...settings(property.items ?? {}, `${here}[]`)];
  });
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
