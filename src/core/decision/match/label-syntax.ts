/** Limits of apimachinery/pkg/util/validation: qualified names and label values. */
const MAX_NAME_LENGTH = 63;
const MAX_PREFIX_LENGTH = 253;

const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a label key (`app` or `example.com/app`), or undefined. */
export function labelKeyProblem(key: string): string | undefined {
  const slash = key.indexOf('/');
  const prefix = slash === -1 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && !isDnsSubdomain(prefix))
    return `label key: the prefix must be a DNS subdomain of at most ${MAX_PREFIX_LENGTH} characters`;
  if (name.length > MAX_NAME_LENGTH || !NAME.test(name))
    return `label key: the name must be 1 to ${MAX_NAME_LENGTH} letters, digits, '-', '_' or '.', and begin and end with a letter or digit`;
  return undefined;
}

/** What is wrong with a label value, or undefined. The empty value is one. */
export function labelValueProblem(value: string): string | undefined {
  if (value === '' || (value.length <= MAX_NAME_LENGTH && NAME.test(value))) return undefined;
  return `label value: must be empty or at most ${MAX_NAME_LENGTH} letters, digits, '-', '_' or '.', and begin and end with a letter or digit`;
}

function isDnsSubdomain(text: string): boolean {
  return text.length <= MAX_PREFIX_LENGTH && text.split('.').every((label) => DNS_LABEL.test(label));
}
