import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

/** As krew-release-bot renders it for a tag: two lines for each archive. */
function rendered(tag: string): string {
  const template = readFileSync(new URL('../../.krew.yaml', import.meta.url), 'utf8');
  return template
    .replaceAll('{{ .TagName }}', tag)
    .replaceAll(
      /\{\{addURIAndSha "([^"]+)" \.TagName \| indent 4\}\}/g,
      (_, uri: string) => `uri: ${uri}\n    sha256: ${'a1'.repeat(32)}`,
    );
}

interface Platform {
  readonly selector: { readonly matchLabels: { readonly os: string; readonly arch: string } };
  readonly uri: string;
  readonly sha256: string;
  readonly bin: string;
  readonly files: readonly { readonly from: string; readonly to: string }[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly version: string;
    readonly homepage: string;
    readonly shortDescription: string;
    readonly description: string;
    readonly platforms: readonly Platform[];
  };
}

/** Source: krew.sigs.k8s.io/docs/developer-guide/plugin-manifest, and its internal/index/validation. */
describe("the krew manifest keeps krew's rules", () => {
  const manifest = parse(rendered('v1.2.3')) as Manifest;

  test('the template is filled in whole', () => {
    expect(rendered('v1.2.3')).not.toMatch(/\{\{|\}\}/);
  });

  test('kind, name and version', () => {
    expect(manifest).toMatchObject({
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'sallyport' },
    });
    expect(manifest.metadata.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(manifest.spec.version).toMatch(/^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$/);
  });

  test('what an index shows: short, in one line, without the words that every plugin could say', () => {
    const { shortDescription, description, homepage } = manifest.spec;
    expect(shortDescription.length).toBeLessThan(50);
    expect(shortDescription).not.toMatch(/\n|kubectl|kubernetes|plugin|\.$/i);
    expect(Math.max(...description.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(homepage).toMatch(/^https:\/\//);
  });

  test('an archive for each platform, with the program that krew links', () => {
    const { platforms } = manifest.spec;
    const named = platforms.map(({ selector: { matchLabels } }) => `${matchLabels.os}_${matchLabels.arch}`);
    expect(named).toEqual(['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64']);
    for (const [index, { uri, sha256, bin, files }] of platforms.entries()) {
      expect(uri).toMatch(
        new RegExp(`^https://.*/v1\\.2\\.3/kubectl-sallyport_v1\\.2\\.3_${named[index]}\\.tar\\.gz$`),
      );
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bin).toBe('kubectl-sallyport');
      expect(files.map(({ from }) => from)).toEqual([bin, 'LICENSE']);
    }
  });
});
