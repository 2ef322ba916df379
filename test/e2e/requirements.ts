export interface Requirement {
  /** What a test cites: `[R10]` in its title, or `verifies('R10')`. */
  readonly id: string;
  readonly source: 'DESIGN' | 'README' | 'issue';
  readonly text: string;
}

/** Everything that Sallyport promises. A promise stands here once, and a test cites it. */
export const requirements: readonly Requirement[] = [
  rule('R1', 'An error, an unsynced or a stale snapshot (older than 10 s) is a denial with a reason.'),
  rule(
    'R2',
    'Decisions read memory; every allow under a grant is one resourceVersion-checked write before the answer.',
  ),
  rule('R3', 'A replica behind the policy revision in the webhook path catches up within 2 s or denies.'),
  rule('R10', 'The digest is a hash of the canonical action; the fingerprint adds username and uid, not groups.'),
  rule('R11', 'The canonical action leaves out what server and client generate; the same action gives one digest.'),
  rule('R12', 'A person writes a request by hand: action, reason and duration are theirs, the rest is stamped.'),
  rule(
    'R13',
    'The webhook opens a request by itself; AlreadyExists is joined only with the same fingerprint and seal.',
  ),
  rule('R14', 'One pending request per fingerprint; outcomes stick for their cool-down; open requests are capped.'),
  rule('R15', 'Requests, votes and status are sealed; decide recounts sealed votes and never trusts state alone.'),
  rule('R20', 'A vote names the uid and digest that were shown; deleting requests or votes is refused.'),
  rule('R21', 'Quorum and self-approval compare persons; a person counts once, the requester and its owner never.'),
  rule('R22', 'Channels vote through their own identity; groups come from the map, never from the channel.'),
  rule('R23', 'An impersonated vote is refused where it can be seen; an impersonated request says so.'),
  rule('R24', 'The first denial ends a request; votes are folded in a fixed order; only uses come from elsewhere.'),
  rule('R30', 'At use, the stored terms and every policy that matches now must be satisfied.'),
  rule('R31', 'Policy changes are gated by a preset; policies on leases, events, our own kinds or */* are refused.'),
  rule('R32', 'Only named system identities pass in kube-system and our namespace; class System never waits.'),
  rule('R33', 'Stepping round is gated: labels, eviction, owners, finalizers, scale, binding, tokens.'),
  rule('R40', 'CONNECT and virtual creates are strictly once; a repeated review of one write is answered for 5 s.'),
  rule('R41', 'A SubjectAccessReview comes before opening or using; a use under 5 s old is AlreadyUsed.'),
  rule('R42', 'A use is given back only on proof that nothing happened.'),
  rule('R43', 'Nothing is used after the deadline (timeout minus 3 s) or after the caller has gone.'),
  rule('R44', 'dryRun never opens or uses; deletecollection of gated objects is denied unless opted in.'),
  rule('R50', 'A review is authenticated before its body is read; otherwise 404.'),
  claim(
    'README-asked',
    'An action that a policy names is refused and asked for, and the refusal says who is missing and what to do next.',
  ),
  claim(
    'README-actions',
    'It covers exec, attach, port-forward, ephemeral containers, and creates, updates and deletes of what a policy names.',
  ),
  claim(
    'README-second-person',
    'Only the people whom the policy lists can approve, and nobody approves their own request.',
  ),
  claim('README-once', 'An approval is good for one use, even when the same command comes twice at once.'),
  claim(
    'README-exact',
    'An approval holds for exactly the action that was shown, or for the scope that was: another command, container or pod asks anew.',
  ),
  claim(
    'README-denied',
    'The first denial ends a request, and the same action cannot be asked for again for ten minutes.',
  ),
  claim(
    'README-evidence',
    'Requests and votes cannot be edited, voted on for somebody else, or deleted by hand, not even by cluster-admin.',
  ),
  claim(
    'README-no-silent-fields',
    'A policy with a field that this version does not enforce is refused, and so is a misspelt one.',
  ),
  claim('README-dry-run', 'A dry run asks nobody and uses nothing; it warns of what would be asked.'),
  claim('README-rbac-first', 'Who has no right to do it by RBAC cannot even ask.'),
  claim(
    'README-plain-kubectl',
    'Requesters change nothing: plain kubectl asks by being refused, and goes through after the approval.',
  ),
  claim(
    'README-waiting',
    'Where the policy says so, a plain command pauses and goes on by itself the moment it is approved.',
  ),
  claim(
    'README-window',
    'A policy may let an approval be good for a while, or for several uses; taken back, it is refused at once.',
  ),
  claim(
    'README-scope',
    'A policy may let an approval be of a scope: every command that begins with the same words, on the same object.',
  ),
  claim('README-escalation', 'Where nobody answers in time, those whom the policy names for that may approve as well.'),
  claim('README-reason', 'Where the policy says so, nothing is approved before the requester has given a reason.'),
  claim(
    'README-break-glass',
    'In an emergency the requester may go ahead alone, once and loudly; somebody else has to acknowledge it.',
  ),
  claim('README-guardrails', 'A guardrail refuses what must never be, approved or not.'),
  claim('README-modes', 'A policy can be tried first: it warns, or only records, and lets everything pass.'),
  claim('README-separation', 'A policy can leave out approvers who could act as the requester.'),
  claim(
    'README-explain',
    '`kubectl sallyport can` and `explain` tell which policy would ask whom, and why, without asking anybody.',
  ),
  claim(
    'README-ledger',
    'With a ledger, nothing that needs approval goes through unless its record is on a disk; `sallyport audit verify` proves that none was changed or lost since.',
  ),
  claim(
    'README-backtest',
    '`sallyport policy backtest` tells from an audit log what a policy would have held, and whom it would have asked, before anything is installed.',
  ),
  claim(
    'README-alarms',
    'Where the API server sends its audit events, an action that got round the gate is alarmed within a minute, to the people and channels that you name.',
  ),
  claim(
    'README-audit',
    '`kubectl get records` and `kubectl sallyport audit` tell who asked, who approved, what was used, and what the API server says of it, to who may read there.',
  ),
  claim(
    'README-request',
    '`kubectl sallyport request -f FILE`, or `request exec POD -- …`, asks before the command is run; the plain command finds that approval.',
  ),
  claim(
    'README-run',
    '`kubectl sallyport run -- kubectl …` waits for as long as the request lives, and runs the command when it may.',
  ),
  claim(
    'README-slack',
    'In Slack one message shows who wants what and why, says in the end who approved and when it was used, and a click on it is a vote like any other.',
  ),
  claim('README-console', 'A web page shows live what waits for whom, and people approve there exactly what it shows.'),
  claim(
    'README-console-evidence',
    'On the web page evidence is searched, one request followed from the ask to the API server’s event, and alarms shown, to who may read there.',
  ),
  claim(
    'README-console-backtest',
    'There a policy is tried on the events that were kept: how much it would have held each day, and whom it would have asked.',
  ),
  claim(
    'README-told',
    'E-mail, Microsoft Teams, signed webhooks and Kubernetes Events tell whom the policy says, each thing once; the only link in them leads to the web page, and none votes.',
  ),
  claim(
    'README-away',
    'Where nobody can be told, the request waits all the same and says why; they are told when it works again.',
  ),
  claim(
    'README-people',
    'A person is one person under all their names, in kubectl, in Slack and on the web page, and so is the owner of an agent: nobody approves for themselves, or twice.',
  ),
  claim('README-assurance', 'A policy may say that a click in Slack is not enough to approve.'),
  claim('README-seals', 'What somebody writes as an approval while our webhooks are away does not count.'),
  claim(
    'README-fence',
    'Its own webhooks, kinds, roles and Secrets are fenced, from cluster-admin too; what is taken away all the same is put back, with an alarm.',
  ),
  claim(
    'README-fence-opening',
    'For an upgrade the fence opens by a request that somebody else approves, and closes by itself.',
  ),
];

/** Promises that no test cites yet. This list only shrinks: a test that cites one of them takes it out. */
export const notYet: readonly string[] = [];

function rule(id: string, text: string): Requirement {
  return { id, source: 'DESIGN', text };
}

/** What the README claims, word for word (test/docs/claims.test.ts). */
function claim(id: string, text: string): Requirement {
  return { id, source: 'README', text };
}
