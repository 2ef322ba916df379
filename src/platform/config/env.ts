import { isIPv6 } from 'node:net';

/** What the environment says, and nothing else of it: no other file reads `process.env`. */
export interface Environment {
  /** `SALLYPORT_CONFIG`: the configuration file, when no flag names one. */
  readonly configFile?: string;
  /** `KUBECONFIG`: one path, or several. */
  readonly kubeconfig?: string;
  /** `SALLYPORT_LOG_LEVEL`. */
  readonly logLevel?: string;
  /** `POD_NAMESPACE`, from the downward API: the system namespace of a pod. */
  readonly podNamespace?: string;
  /** The URL of `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, which the kubelet gives each pod. */
  readonly apiServer?: string;
  /** `NO_COLOR` (no-color.org): present, whatever it says. */
  readonly noColour?: string;
  /** `TERM`: the kind of terminal; `dumb` is one that knows no escapes. */
  readonly term?: string;
}

/** An empty variable is the same as none, as a shell user expects. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    ...named('configFile', variables['SALLYPORT_CONFIG']),
    ...named('kubeconfig', variables['KUBECONFIG']),
    ...named('logLevel', variables['SALLYPORT_LOG_LEVEL']),
    ...named('podNamespace', variables['POD_NAMESPACE']),
    ...named('apiServer', urlOf(variables['KUBERNETES_SERVICE_HOST'], variables['KUBERNETES_SERVICE_PORT'])),
    ...named('noColour', variables['NO_COLOR']),
    ...named('term', variables['TERM']),
  };
}

function named(name: keyof Environment, value: string | undefined): Environment {
  return value === undefined || value === '' ? {} : { [name]: value };
}

/** Always TLS, as client-go has it (rest.InClusterConfig). */
function urlOf(host = '', port = ''): string | undefined {
  if (host === '' || port === '') return undefined;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
