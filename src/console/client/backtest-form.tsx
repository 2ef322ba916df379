import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { BACKTEST_DAYS, type BacktestBody, type BacktestChoices } from '../api.ts';
import { TextFilter } from './filter-bar.tsx';

interface Props {
  /** Undefined while they are not known, or may not be. */
  readonly choices: BacktestChoices | undefined;
  readonly running: boolean;
  readonly namespace: string;
  readonly onNamespace: (namespace: string) => void;
  readonly onStart: (body: BacktestBody) => void;
  readonly onCancel: () => void;
}

/** No policy has this name: a name of Kubernetes has no blank. */
const WRITTEN = 'written here';

const MOST_YAML = 128 * 1024;

const EXAMPLE = `apiVersion: sallyport.dev/v1alpha1
kind: ApprovalPolicy
metadata: {name: shells}
spec:
  match:
    resourceRules:
    - {apiGroups: [""], apiVersions: ["*"], operations: [CONNECT], resources: [pods/exec]}
  approval:
    stages:
    - {name: oncall, approvers: [{kind: Group, name: sre}]}`;

export function BacktestForm({ choices, running, namespace, onNamespace, onStart, onCancel }: Props): VNode {
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [yaml, setYaml] = useState('');
  const [days, setDays] = useState<BacktestBody['days']>(BACKTEST_DAYS[0]);
  const stored = choices?.policies ?? [];
  const policy =
    chosen !== undefined && (chosen === WRITTEN || stored.includes(chosen)) ? chosen : (stored[0] ?? WRITTEN);
  const isWritten = policy === WRITTEN;

  function begin(event: Event): void {
    event.preventDefault();
    const what = isWritten ? { yaml } : { policies: [policy] };
    onStart({ ...(namespace === '' ? {} : { namespace }), ...what, days });
  }
  return (
    <form class="backtest" onSubmit={begin}>
      <div class="filters">
        <label>
          Policy
          <select value={policy} onChange={(event) => setChosen(event.currentTarget.value)}>
            {stored.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            <option value={WRITTEN}>one that I write …</option>
          </select>
        </label>
        <label>
          Days
          <select
            value={days}
            onChange={(event) => setDays(BACKTEST_DAYS.find((each) => String(each) === event.currentTarget.value) ?? 7)}
          >
            {BACKTEST_DAYS.map((each) => (
              <option key={each} value={each}>
                the last {each} days
              </option>
            ))}
          </select>
        </label>
        <TextFilter label="Namespace (empty: all)" type="text" most={63} value={namespace} onChange={onNamespace} />
      </div>
      {isWritten ? (
        <label class="written">
          ApprovalPolicy, as YAML
          <textarea
            rows={12}
            maxLength={MOST_YAML}
            spellcheck={false}
            placeholder={EXAMPLE}
            value={yaml}
            onInput={(event) => setYaml(event.currentTarget.value)}
          />
        </label>
      ) : null}
      {isWritten && choices !== undefined && stored.length === 0 ? (
        <p class="muted">There is no stored policy that you may list.</p>
      ) : null}
      <p class="actions">
        {/* Two buttons, not one that changes: the click that cancels would submit. */}
        {running ? (
          <button key="cancel" type="button" class="button" onClick={onCancel}>
            Cancel
          </button>
        ) : (
          <button
            key="try"
            type="submit"
            class="button primary"
            disabled={choices === undefined || (isWritten && yaml.trim() === '')}
          >
            Try it
          </button>
        )}
      </p>
    </form>
  );
}
