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
}

/** An empty variable is the same as none, as a shell user expects. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    ...named('configFile', variables['SALLYPORT_CONFIG']),
    ...named('kubeconfig', variables['KUBECONFIG']),
    ...named('logLevel', variables['SALLYPORT_LOG_LEVEL']),
    ...named('podNamespace', variables['POD_NAMESPACE']),
  };
}

function named(name: keyof Environment, value: string | undefined): Environment {
  return value === undefined || value === '' ? {} : { [name]: value };
}
