import { caBundle, type ServingBundle } from '../../platform/tls/serving-bundle.ts';

/** The authority's key is the controller's alone; the serving key is the webhook's too. */
export const CERTIFICATE_SECRETS = {
  authority: 'sallyport-certificate-authority',
  serving: 'sallyport-serving-certificate',
} as const;

export type SecretValues = Readonly<Record<string, string>>;

export function bundleOf(
  authority: SecretValues | undefined,
  serving: SecretValues | undefined,
): ServingBundle | undefined {
  if (authority === undefined) return undefined;
  const previous = authority['previous.crt'];
  return {
    caCertificatePem: authority['tls.crt'] ?? '',
    caPrivateKeyPem: authority['tls.key'] ?? '',
    ...(previous === undefined || previous === '' ? {} : { previousCaCertificatePem: previous }),
    certificatePem: serving?.['tls.crt'] ?? '',
    privateKeyPem: serving?.['tls.key'] ?? '',
  };
}

export function authorityValues(bundle: ServingBundle): SecretValues {
  return {
    'tls.crt': bundle.caCertificatePem,
    'tls.key': bundle.caPrivateKeyPem,
    'previous.crt': bundle.previousCaCertificatePem ?? '',
  };
}

export function servingValues(bundle: ServingBundle): SecretValues {
  return { 'tls.crt': bundle.certificatePem, 'tls.key': bundle.privateKeyPem, 'ca.crt': caBundle(bundle) };
}
