import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { type Crd, type JsonSchema, toJsonSchema } from './crd-schema.ts';

const BANNER = '// Generated from crds/ by `npm run generate`. Do not edit.';

/** The TypeScript types of one kind. */
export async function typesOf(crd: Crd): Promise<string> {
  const schema = toJsonSchema(crd.schema) as { properties: Record<string, JsonSchema> };
  const typed = {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string', tsType: 'string' },
      kind: { type: 'string', tsType: `'${crd.kind}'` },
      metadata: { type: 'object', tsType: 'ObjectMeta' },
    },
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
  };
  const body = await compile(typed as JSONSchema, crd.kind, {
    bannerComment: '',
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  return `${BANNER}\nimport type { ObjectMeta } from '../object-meta.ts';\n\n${body}`;
}

/** The same kind's schema for zod's fromJSONSchema, as a function so that importing it does no work. */
export function schemaOf(crd: Crd): string {
  const { apiVersion, kind, metadata, ...rest } = toJsonSchema(crd.schema)['properties'] as Record<string, JsonSchema>;
  const schema = { type: 'object', required: ['spec'], properties: { ...rest } };
  return `${BANNER}
import { z } from 'zod';

/** What zod checks of an ${crd.kind}: spec and status; metadata is the API server's business. */
export function ${camel(crd.kind)}Schema(): z.ZodType {
  return z.fromJSONSchema(${JSON.stringify(schema, null, 2)});
}
`;
}

export function fileName(kind: string): string {
  return kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

function camel(kind: string): string {
  return kind.charAt(0).toLowerCase() + kind.slice(1);
}
