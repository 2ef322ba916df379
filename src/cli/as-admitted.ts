import { isJsonObject, type JsonObject, valueAt } from '../core/attributes/json.ts';

/**
 * What a dry run would store, as admission sees it. The API server defaults what it reads back once more: a Job without
 * labels takes those of its pods (pkg/apis/batch/v1/defaults.go, SetDefaults_Job), and those have by then the ones that the
 * registry adds, after admission. managedFields tell what was there before.
 */
export function asAdmitted(group: string, plural: string, object: JsonObject): JsonObject {
  const metadata = valueAt(object, 'metadata');
  if (group !== 'batch' || plural !== 'jobs' || !isJsonObject(metadata)) return object;
  const managed = valueAt(metadata, 'managedFields');
  // Without them nobody knows: the object stays as it was shown.
  if (!Array.isArray(managed)) return object;
  if (managed.some((entry) => valueAt(entry, 'fieldsV1', 'f:metadata', 'f:labels') !== undefined)) return object;
  const { labels: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
