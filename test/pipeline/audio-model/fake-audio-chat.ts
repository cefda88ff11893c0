import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { type ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';

/** Treatment of its words by a model: says them, writes them, says them without text, only gives text. */
export type FakeAudioManner = 'speaks' | 'writes' | 'mute' | 'silent';

/** Time of one letter. */
const msPerLetter = 65;

/** An audio model that plays one list of steps per request, the last one again and again. */
export class FakeAudioChat implements ChatModel {
  readonly voices: (string | undefined)[] = [];
  /** Is refused. */
  goneVoice: string | undefined;
  manner: FakeAudioManner;
  readonly #chat: FakeChat;

  constructor(
    rounds: readonly (readonly ChatStep[])[],
    manner: FakeAudioManner = 'speaks',
  ) {
    this.#chat = new FakeChat(rounds);
    this.manner = manner;
  }

  get running(): number {
    return this.#chat.running;
  }

  get asked(): readonly {
    readonly messages: readonly ChatMessage[];
    readonly tools: readonly Tool[];
  }[] {
    return this.#chat.asked;
  }

  async *reply(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
    _mostTokens?: number,
    voice?: string,
  ): AsyncGenerator<ChatPart> {
    this.voices.push(voice);
    if (voice !== undefined && voice === this.goneVoice)
      throw new BotError('provider.refused', false, 'No such voice.');
    for await (const part of this.#chat.reply(messages, tools, signal)) {
      if (part.kind !== 'text') yield part;
      else yield* this.#express(part.text);
    }
  }

  *#express(text: string): Generator<ChatPart> {
    if (this.manner === 'writes') yield { kind: 'text', text };
    if (this.manner === 'speaks' || this.manner === 'silent')
      yield { kind: 'transcript', text };
    if (this.manner === 'speaks' || this.manner === 'mute')
      yield { kind: 'sound', bytes: makeSound(text) };
  }
}

/** Constant samples, 24 kHz. */
function makeSound(text: string) {
  return Buffer.alloc(text.length * msPerLetter * 24 * 2, 0x11);
}
