/** An evaluation that went past a limit. The message is ours and holds nothing of the input. */
export class EvaluationLimitError extends Error {
  override readonly name = 'EvaluationLimitError';
  readonly code = 'EvaluationLimit';
}
