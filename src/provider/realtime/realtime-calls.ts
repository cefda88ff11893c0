import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import { createCallId } from '#src/provider/call-id.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { EventStage } from './realtime-events.ts';

/** A call of a tool, as a Realtime server reports it. */
export type RealtimeToolCall = {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
};

type PartialCall = {
  itemId: string | undefined;
  callId: string | undefined;
  name: string | undefined;
  /** Arguments that came in pieces. */
  pieces: string;
  /** Arguments that came whole. */
  whole: string | undefined;
};

/** Arguments that are longer fit no tool. */
const maxArgumentChars = 2 ** 18;

/** Collects the calls of one response from items and arguments, each reported once or several times. */
export class RealtimeCalls {
  readonly #calls: PartialCall[] = [];

  /** Whether a call began whose arguments are not whole. */
  get hasOpenCall(): boolean {
    return this.#calls.some(({ whole }) => whole === undefined);
  }

  /** Adds an item. Any other item than a call changes nothing. */
  addItem(item: unknown, isWhole: boolean): void {
    const record = toRecord(item);
    const { arguments: json, call_id, id, name, type } = record;
    if (type !== 'function_call' && type !== 'tool_call') return;
    const call = this.#findCall(toNonEmptyText(id), toNonEmptyText(call_id), {
      name: toNonEmptyText(name),
      json: isWhole ? toJsonText(json) : undefined,
    });
    if (isWhole) call.whole = toJsonText(json) ?? call.whole ?? call.pieces;
  }

  /** Adds a piece of arguments, or all of them. */
  addArguments(event: JsonEvent, stage: EventStage): void {
    if (stage === 'begin') return;
    const { arguments: json, call_id, delta, item_id, name } = event;
    const call = this.#findCall(toNonEmptyText(item_id), toNonEmptyText(call_id), {
      name: toNonEmptyText(name),
      json: undefined,
    });
    const piece = toJsonText(delta) ?? '';
    if (stage === 'end')
      call.whole = toJsonText(json) ?? call.whole ?? call.pieces + piece;
    else if (call.pieces.length <= maxArgumentChars) call.pieces += piece;
  }

  /**
   * Lists the calls that have a name, each once: calls of one id are one call, and one without an id is another that
   * says the same. Each has an id, and `{}` in place of no arguments.
   */
  listCalls(): readonly RealtimeToolCall[] {
    const listed: NamedCall[] = [];
    for (const partial of this.#calls) {
      const { callId, name, pieces, whole } = partial;
      if (name === undefined || this.#isBegunTwice(partial)) continue;
      const json = (whole ?? pieces).trim();
      const call = { callId, name, argumentsJson: json === '' ? '{}' : json };
      if (!listed.some((other) => isRepeated(call, other))) listed.push(call);
    }
    return listed.map(({ callId, ...call }) => ({
      id: callId ?? createCallId(),
      ...call,
    }));
  }

  /** Whether a call that only began is told whole as another one. */
  #isBegunTwice({ name, pieces, whole }: PartialCall) {
    if (whole !== undefined || pieces !== '') return false;
    return this.#calls.some(
      (other) => other.name === name && other.whole !== undefined,
    );
  }

  #findCall(
    itemId: string | undefined,
    callId: string | undefined,
    {
      json,
      name,
    }: { readonly name: string | undefined; readonly json: string | undefined },
  ): PartialCall {
    const known = this.#calls.find((call) =>
      itemId === undefined && callId === undefined
        ? isSameCall(call, name, json)
        : isEither(call, itemId, callId),
    );
    const call = known ?? this.#addCall();
    call.itemId ??= itemId;
    call.callId ??= callId;
    call.name ??= name;
    return call;
  }

  #addCall() {
    const call: PartialCall = {
      itemId: undefined,
      callId: undefined,
      name: undefined,
      pieces: '',
      whole: undefined,
    };
    this.#calls.push(call);
    return call;
  }
}

type NamedCall = Omit<RealtimeToolCall, 'id'> & { readonly callId: string | undefined };

function isRepeated(call: NamedCall, other: NamedCall) {
  if (call.callId !== undefined && other.callId !== undefined)
    return call.callId === other.callId;
  return call.name === other.name && call.argumentsJson === other.argumentsJson;
}

function isEither(
  call: PartialCall,
  itemId: string | undefined,
  callId: string | undefined,
) {
  const isCall = callId !== undefined && call.callId === callId;
  return isCall || (itemId !== undefined && call.itemId === itemId);
}

/** Without ids, a call is the open one, or one that says the same. */
function isSameCall(
  call: PartialCall,
  name: string | undefined,
  json: string | undefined,
) {
  const isOther = name !== undefined && call.name !== undefined && call.name !== name;
  if (isOther) return false;
  return call.whole === undefined || json === undefined || call.whole === json;
}

function toJsonText(value: unknown) {
  return isRecord(value) ? JSON.stringify(value) : toNonEmptyText(value);
}
