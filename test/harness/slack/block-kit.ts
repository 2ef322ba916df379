import { z } from 'zod';

/**
 * Block Kit as Slack takes it, of the parts that we use: a field, a block or an element that is not here is refused, and
 * so is what is over a limit. Limits: docs.slack.dev/reference/block-kit/{blocks,block-elements,composition-objects} and
 * docs.slack.dev/reference/views. See README.md.
 */
export type Surface = 'message' | 'modal';

/** What `rich_text` may hold is not documented beyond the message as a whole; the limit of a text object is taken. */
const RICH_TEXT_LIMIT = 3_000;

const id = z.string().min(1).max(255);
const plain = (limit: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(limit), emoji: z.boolean().optional() });
const mrkdwn = (limit: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(limit), verbatim: z.boolean().optional() });
const text = (limit: number) => z.discriminatedUnion('type', [plain(limit), mrkdwn(limit)]);
const httpUrl = z
  .string()
  .max(3_000)
  .regex(/^https?:\/\//);

const confirm = z.strictObject({
  title: plain(100),
  text: text(300),
  confirm: plain(30),
  deny: plain(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const button = z.strictObject({
  type: z.literal('button'),
  action_id: id.optional(),
  text: plain(75),
  url: httpUrl.optional(),
  value: z.string().max(2_000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
});

const textInput = z.strictObject({
  type: z.literal('plain_text_input'),
  action_id: id.optional(),
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(3_000).optional(),
  max_length: z.int().min(1).max(3_000).optional(),
  initial_value: z.string().max(3_000).optional(),
  placeholder: plain(150).optional(),
  focus_on_load: z.boolean().optional(),
});

const style = z.strictObject({
  bold: z.boolean().optional(),
  italic: z.boolean().optional(),
  strike: z.boolean().optional(),
  code: z.boolean().optional(),
});
const richPiece = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(RICH_TEXT_LIMIT), style: style.optional() }),
  z.strictObject({
    type: z.literal('link'),
    url: httpUrl,
    text: z.string().min(1).max(RICH_TEXT_LIMIT).optional(),
    style: style.optional(),
  }),
]);
const richElement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(richPiece).min(1) }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: z.array(richPiece).min(1),
    border: z.union([z.literal(0), z.literal(1)]).optional(),
  }),
  z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(richPiece).min(1) }),
]);

const block_id = id.optional();
const anywhere = [
  z.strictObject({ type: z.literal('header'), block_id, text: plain(150) }),
  z
    .strictObject({
      type: z.literal('section'),
      block_id,
      text: text(3_000).optional(),
      fields: z.array(text(2_000)).min(1).max(10).optional(),
      accessory: button.optional(),
    })
    .refine((block) => block.text !== undefined || block.fields !== undefined, 'needs text or fields'),
  z.strictObject({ type: z.literal('divider'), block_id }),
  z.strictObject({ type: z.literal('context'), block_id, elements: z.array(text(3_000)).min(1).max(10) }),
  // Slack itself takes 25; five are what people still read.
  z.strictObject({ type: z.literal('actions'), block_id, elements: z.array(button).min(1).max(5) }),
  z
    .strictObject({ type: z.literal('rich_text'), block_id, elements: z.array(richElement).min(1) })
    .refine((block) => JSON.stringify(block.elements).length <= 4 * RICH_TEXT_LIMIT, 'is too long'),
] as const;

const input = z.strictObject({
  type: z.literal('input'),
  block_id,
  label: plain(2_000),
  element: textInput,
  hint: plain(2_000).optional(),
  optional: z.boolean().optional(),
});

const messageBlocks = z.array(z.discriminatedUnion('type', [...anywhere])).max(50);
const modalBlocks = z.array(z.discriminatedUnion('type', [...anywhere, input])).max(100);

const modal = z
  .strictObject({
    type: z.literal('modal'),
    title: plain(24),
    blocks: modalBlocks.min(1),
    close: plain(24).optional(),
    submit: plain(24).optional(),
    private_metadata: z.string().max(3_000).optional(),
    callback_id: id.optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
  })
  .refine(
    (view) => view.submit !== undefined || !view.blocks.some((block) => block.type === 'input'),
    'submit is required when an input block is within the blocks array',
  );

export type Blocks = z.infer<typeof modalBlocks>;
export type Block = Blocks[number];
export type Button = z.infer<typeof button>;
export type ModalView = z.infer<typeof modal>;
export type Confirm = z.infer<typeof confirm>;

/** Why Slack would refuse them, or undefined. Ids must be unique among themselves. */
export function blocksProblem(blocks: unknown, surface: Surface): string | undefined {
  const parsed = (surface === 'message' ? messageBlocks : modalBlocks).safeParse(blocks);
  return parsed.success ? duplicateIds(parsed.data) : firstIssue(parsed.error);
}

export function modalProblem(view: unknown): string | undefined {
  const parsed = modal.safeParse(view);
  return parsed.success ? duplicateIds(parsed.data.blocks) : firstIssue(parsed.error);
}

function duplicateIds(blocks: Blocks): string | undefined {
  const blockIds = blocks.flatMap((block) => block.block_id ?? []);
  if (new Set(blockIds).size !== blockIds.length) return 'two blocks have the same block_id';
  for (const block of blocks) {
    const actionIds = block.type === 'actions' ? block.elements.flatMap((element) => element.action_id ?? []) : [];
    if (new Set(actionIds).size !== actionIds.length) return 'two elements have the same action_id';
  }
  return undefined;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'invalid' : `${issue.message} [json-pointer:/${issue.path.join('/')}]`;
}
