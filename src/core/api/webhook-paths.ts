/** Where the API server finds each review. The webhook configurations carry these. */
export const WEBHOOK_PATHS = {
  connect: '/gate/connect',
  write: '/gate/write',
  mutateOwnKinds: '/own-kinds/mutate',
  validateOwnKinds: '/own-kinds/validate',
} as const;
