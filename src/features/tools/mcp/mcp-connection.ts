import {
  type CallToolResult,
  Client,
  type JsonSchemaValidator,
  type jsonSchemaValidator,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import packageJson from '#package.json' with { type: 'json' };
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { type JsonLimits, JsonMeter } from '#src/base/json.ts';
import type { Secret } from '#src/base/secret.ts';
import type {
  ExternalCall,
  ExternalResult,
} from '#src/features/tools/external-tool.ts';
import type { McpTransport } from '#src/ports/tool-servers.ts';

import type { OfferedTool } from './tool-changes.ts';

const connectTimeoutMs = 30_000;
const probeTimeoutMs = 15_000;
/** The limit of the SDK comes after ours. */
const deadlineSlackMs = 5_000;
const maxPages = 16;

const askerKey = 'parley/asker';

/**
 * `legacy` opens with `initialize` (2024-10-07 to 2025-11-25), and `modern` does not (2026-07-28 on). Source:
 * https://modelcontextprotocol.io/specification
 */
export type ProtocolEra = 'legacy' | 'modern';

type EndListener = (error: BotError) => void;

/** A connection to one MCP server. */
export interface McpConnection extends AsyncDisposable {
  readonly era: ProtocolEra;
  /** Aborted with a BotError when the connection breaks. */
  readonly ended: AbortSignal;
  /** Lists all tools of the server, from all pages. Throws BotError `tool.*`. */
  listTools(signal: AbortSignal): Promise<readonly OfferedTool[]>;
  /** Calls a tool by its own name. Throws BotError `tool.*`, also after `deadlineMs`. */
  callTool(
    name: string,
    call: ExternalCall,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<ExternalResult>;
}

export type McpConnectionOptions = {
  /** Default: complaints of a program are dropped. */
  readonly stderr?: 'inherit';
  readonly onToolsChanged: () => void;
};

/**
 * Connects to an MCP server, which may ask neither a model nor a person. Throws
 * BotError `tool.*`.
 */
export async function openMcpConnection(
  server: McpTransport,
  options: McpConnectionOptions,
  signal: AbortSignal,
): Promise<McpConnection> {
  try {
    return await connectWithEra(server, 'auto', options, signal);
  } catch (error) {
    signal.throwIfAborted();
    // Some servers of the first generation end at a word before `initialize`, or never answer it.
    if (server.kind === 'http' || isUnretryable(error)) throw error;
    return await connectWithEra(server, 'legacy', options, signal);
  }
}

/** Tests whether a new start would fail too. */
function isUnretryable(error: unknown) {
  return (
    error instanceof BotError &&
    error.code !== 'tool.crashed' &&
    error.code !== 'tool.late'
  );
}

async function connectWithEra(
  server: McpTransport,
  mode: 'auto' | 'legacy',
  options: McpConnectionOptions,
  signal: AbortSignal,
): Promise<McpConnection> {
  const ending = new AbortController();
  const transport = createTransport(server, options, (error) => ending.abort(error));
  const client = createClient(mode, options, (error) => ending.abort(error));
  const connection = new SdkConnection(client, transport, ending);
  await connection.connect(signal);
  return connection;
}

function createClient(
  mode: 'auto' | 'legacy',
  options: McpConnectionOptions,
  onEnd: EndListener,
) {
  const client = new Client(
    { name: packageJson.name, version: packageJson.version },
    {
      capabilities: {},
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: anyResultSchema,
      listMaxPages: maxPages,
      versionNegotiation: { mode, probe: { timeoutMs: probeTimeoutMs } },
      listChanged: {
        tools: { autoRefresh: false, onChanged: () => options.onToolsChanged() },
      },
    },
  );
  client.onerror = ({ message }) => {
    if (message.startsWith('ReadBuffer exceeded'))
      onEnd(createFloodError('JSON with more than 4 MiB'));
  };
  client.onclose = () => onEnd(createCrashError());
  return client;
}

/** A connection by the client of the SDK, with our errors and limits. */
class SdkConnection implements McpConnection {
  readonly #client: Client;
  readonly #transport: Transport;
  readonly #ending: AbortController;

  constructor(client: Client, transport: Transport, ending: AbortController) {
    this.#client = client;
    this.#transport = transport;
    this.#ending = ending;
  }

  /** Opens the connection. Called once, before all else. A failure leaves it closed. */
  async connect(signal: AbortSignal): Promise<void> {
    let connecting: Promise<void> | undefined;
    try {
      await this.#runUntilEnded((either) => {
        const options = { timeout: connectTimeoutMs, signal: either };
        connecting = this.#client.connect(this.#transport, options);
        return connecting;
      }, signal);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      // A program that was asked for its generation is ended.
      await connecting?.catch(() => undefined);
      throw error;
    }
  }

  /** Generation of the protocol that the server chose. */
  get era(): ProtocolEra {
    return this.#client.getProtocolEra() === 'modern' ? 'modern' : 'legacy';
  }

  /** Aborted with a BotError when the connection breaks or is disposed. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /** Asks the server anew, without the SDK's cache. */
  async listTools(signal: AbortSignal): Promise<readonly OfferedTool[]> {
    const { tools } = await this.#runUntilEnded(
      (either) =>
        this.#client.listTools(undefined, {
          timeout: connectTimeoutMs,
          signal: either,
          cacheMode: 'refresh',
        }),
      signal,
    );
    return tools.map(({ name, title, annotations, description = '', inputSchema }) => ({
      name,
      title: title ?? annotations?.title,
      description,
      inputSchema,
    }));
  }

  /** Sends the asker along as metadata of the call. */
  async callTool(
    name: string,
    { args, asker }: ExternalCall,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<ExternalResult> {
    const params = { name, arguments: { ...args }, _meta: { [askerKey]: asker } };
    const timeout = deadlineMs + deadlineSlackMs;
    const call = (either: AbortSignal) =>
      this.#client.callTool(params, { timeout, signal: either });
    return toExternalResult(await this.#runUntilEnded(call, signal));
  }

  /** Closes the connection. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(createCrashError());
    await this.#client.close().catch(() => undefined);
    await this.#transport.close().catch(() => undefined);
  }

  async #runUntilEnded<T>(
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const either = AbortSignal.any([signal, this.#ending.signal]);
    try {
      return await waitUnlessAborted(work(either), either);
    } catch (error) {
      signal.throwIfAborted();
      this.#ending.signal.throwIfAborted();
      const failure = toBotError(error);
      if (isConnectionGone(error)) this.#ending.abort(failure);
      throw failure;
    }
  }
}

function createTransport(
  server: McpTransport,
  options: McpConnectionOptions,
  onEnd: EndListener,
): Transport {
  if (server.kind === 'stdio') {
    const { args, command, environment, folder } = server;
    return new StdioClientTransport({
      command,
      args: [...args],
      env: revealSecrets(environment),
      cwd: folder,
      stderr: options.stderr ?? 'ignore',
      maxBufferSize: messageLimits.bytes,
    });
  }
  return new StreamableHTTPClientTransport(server.url, {
    requestInit: { headers: revealSecrets(server.headers) },
    fetch: createLimitedFetch(onEnd),
  });
}

function revealSecrets(values: ReadonlyMap<string, Secret>): Record<string, string> {
  return Object.fromEntries([...values].map(([name, value]) => [name, value.reveal()]));
}

/** Results are data of any shape, so no schema of a server runs over them. */
const anyResultSchema: jsonSchemaValidator = {
  getValidator:
    <T>(): JsonSchemaValidator<T> =>
    (input) => ({ valid: true, data: input as T, errorMessage: undefined }),
};

function createCrashError() {
  return new BotError('tool.crashed', true, 'The connection to an MCP server ended.');
}

function createFloodError(excess: string) {
  return new BotError('tool.flooded', true, `An MCP server sent ${excess}.`);
}

/** Tests whether the connection closed, or the server has forgotten it. */
function isConnectionGone(error: unknown) {
  if (error instanceof SdkHttpError) return error.status === 404;
  if (!(error instanceof SdkError)) return error instanceof TypeError;
  return sdkFailures[error.code] === connectionEnded;
}

/** Turns an error of the SDK into a BotError without words of the server. */
function toBotError(error: unknown) {
  if (error instanceof BotError) return error;
  if (error instanceof Error && error.cause instanceof BotError) return error.cause;
  if (error instanceof SdkHttpError) {
    const message = `An MCP server answered with ${error.status}.`;
    return new BotError('tool.unreachable', true, message, error);
  }
  if (error instanceof ProtocolError) {
    const message = `An MCP server refused (${error.code}).`;
    return new BotError('tool.refused', false, message, error);
  }
  const [code, retryable, message] =
    error instanceof SdkError
      ? (sdkFailures[error.code] ?? [
          'tool.refused',
          false,
          `An MCP server violates the protocol (${error.code}).`,
        ])
      : serverUnreached;
  return new BotError(code, retryable, message, error);
}

type SdkFailure = readonly [code: ErrorCode, retryable: boolean, message: string];

const serverUnreached: SdkFailure = [
  'tool.unreachable',
  true,
  'An MCP server was not reached.',
];
const connectionEnded: SdkFailure = ['tool.crashed', true, 'An MCP server ended.'];

const sdkFailures: Partial<Record<SdkErrorCode, SdkFailure>> = {
  [SdkErrorCode.RequestTimeout]: [
    'tool.late',
    true,
    'An MCP server did not answer in time.',
  ],
  [SdkErrorCode.ConnectionClosed]: connectionEnded,
  [SdkErrorCode.NotConnected]: connectionEnded,
  [SdkErrorCode.SendFailed]: connectionEnded,
  [SdkErrorCode.EraNegotiationFailed]: serverUnreached,
  [SdkErrorCode.UnsupportedResultType]: [
    'tool.asks',
    false,
    'A tool asked for a person or a model, which no tool gets.',
  ],
};

/** Converts a result: text and structured data stay, other content is named. */
function toExternalResult({
  content,
  structuredContent,
  isError,
}: CallToolResult): ExternalResult {
  const texts = content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const leftOutTypes = content
    .map(({ type }) => type)
    .filter((type) => type !== 'text');
  return {
    text: texts.join('\n'),
    structured:
      structuredContent === undefined ? undefined : JSON.stringify(structuredContent),
    leftOut: [...new Set(leftOutTypes)],
    isError: isError === true,
  };
}

/** Limits the size of messages. */
function createLimitedFetch(onEnd: EndListener): typeof fetch {
  return async (input, init) => {
    if (typeof init?.body === 'string') checkMessage(init.body);
    const response = await fetch(input, { ...init, redirect: 'error' });
    if (!response.body) return response;
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const isStream = type.trim().toLowerCase() === 'text/event-stream';
    // The SDK reads any size.
    const meter = new JsonMeter(messageLimits, { isStream });
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const excess = meter.push(chunk);
          if (!excess) return controller.enqueue(chunk);
          const error = createFloodError(excess);
          onEnd(error);
          controller.error(error);
        },
      }),
    );
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

/** Limits of one message in either direction, and of a line. */
const messageLimits: JsonLimits = {
  bytes: 4 * 2 ** 20,
  depth: 32,
  values: 10_000,
};

/** Throws BotError `tool.refused` if a message is too large. */
function checkMessage(json: string) {
  const excess = new JsonMeter(messageLimits).push(Buffer.from(json));
  if (!excess) return;
  throw new BotError('tool.refused', false, `A call to an MCP server is ${excess}.`);
}
