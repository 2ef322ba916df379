import { slackWorld } from './slack-world.ts';

/** A program that ends while Slack answers nothing any more: what keeps it then keeps Sallyport, too. */
const world = await slackWorld('Socket');
world.slack.socket.freeze();
await world[Symbol.asyncDispose]();
