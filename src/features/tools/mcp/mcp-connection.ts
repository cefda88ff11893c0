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
import type { McpTransport } from './servers-file.ts';
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

type EndListener = (why: BotError) => void;

export type McpConnection = {
  readonly era: ProtocolEra;
  /** Aborted with a BotError when the connection breaks. */
  readonly ended: AbortSignal;
  listTools(signal: AbortSignal): Promise<readonly OfferedTool[]>;
  callTool(
    name: string,
    call: ExternalCall,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<ExternalResult>;
} & AsyncDisposable;

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
  const ended = new AbortController();
  const transport = createTransport(server, options, (error) => ended.abort(error));
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
      ended.abort(createFloodError('JSON with more than 4 MiB'));
  };
  client.onclose = () => ended.abort(createCrashError());
  const close = async () => {
    ended.abort(createCrashError());
    await client.close().catch(() => undefined);
    await transport.close().catch(() => undefined);
  };
  const during = async <T>(
    work: (signal: AbortSignal) => Promise<T>,
    until: AbortSignal,
  ) => {
    const either = AbortSignal.any([until, ended.signal]);
    try {
      return await waitUnlessAborted(work(either), either);
    } catch (error) {
      until.throwIfAborted();
      ended.signal.throwIfAborted();
      const failure = toBotError(error);
      if (isConnectionGone(error)) ended.abort(failure);
      throw failure;
    }
  };
  let connecting: Promise<void> | undefined;
  try {
    const begin = (either: AbortSignal) => {
      connecting = client.connect(transport, {
        timeout: connectTimeoutMs,
        signal: either,
      });
      return connecting;
    };
    await during(begin, signal);
  } catch (error) {
    await close();
    // A program that was asked for its generation is ended.
    await connecting?.catch(() => undefined);
    throw error;
  }
  return {
    era: client.getProtocolEra() === 'modern' ? 'modern' : 'legacy',
    ended: ended.signal,
    async listTools(until) {
      const { tools } = await during(
        (either) =>
          client.listTools(undefined, {
            timeout: connectTimeoutMs,
            signal: either,
            cacheMode: 'refresh',
          }),
        until,
      );
      return tools.map(({ name, description = '', inputSchema }) => ({
        name,
        description,
        inputSchema,
      }));
    },
    async callTool(name, { given, asker }, deadlineMs, until) {
      const params = { name, arguments: { ...given }, _meta: { [askerKey]: asker } };
      const timeout = deadlineMs + deadlineSlackMs;
      const call = (either: AbortSignal) =>
        client.callTool(params, { timeout, signal: either });
      return toExternalResult(await during(call, until));
    },
    [Symbol.asyncDispose]: close,
  };
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

function createFloodError(words: string) {
  return new BotError('tool.flooded', true, `An MCP server sent ${words}.`);
}

/** Tests whether the connection closed, or the server has forgotten it. */
function isConnectionGone(error: unknown) {
  if (error instanceof SdkHttpError) return error.status === 404;
  if (!(error instanceof SdkError)) return error instanceof TypeError;
  return sdkFailures[error.code] === ended;
}

/** Turns an error of the SDK into a BotError without words of the server. */
function toBotError(error: unknown) {
  if (error instanceof BotError) return error;
  if (error instanceof Error && error.cause instanceof BotError) return error.cause;
  if (error instanceof SdkHttpError) {
    const why = `An MCP server answered with ${error.status}.`;
    return new BotError('tool.unreachable', true, why, error);
  }
  if (error instanceof ProtocolError) {
    const why = `An MCP server refused (${error.code}).`;
    return new BotError('tool.refused', false, why, error);
  }
  const [code, retryable, why] =
    error instanceof SdkError
      ? (sdkFailures[error.code] ?? [
          'tool.refused',
          false,
          `An MCP server violates the protocol (${error.code}).`,
        ])
      : unreached;
  return new BotError(code, retryable, why, error);
}

type SdkFailure = readonly [code: ErrorCode, retryable: boolean, why: string];

const unreached: SdkFailure = [
  'tool.unreachable',
  true,
  'An MCP server was not reached.',
];
const ended: SdkFailure = ['tool.crashed', true, 'An MCP server ended.'];

const sdkFailures: Partial<Record<SdkErrorCode, SdkFailure>> = {
  [SdkErrorCode.RequestTimeout]: [
    'tool.late',
    true,
    'An MCP server did not answer in time.',
  ],
  [SdkErrorCode.ConnectionClosed]: ended,
  [SdkErrorCode.NotConnected]: ended,
  [SdkErrorCode.SendFailed]: ended,
  [SdkErrorCode.EraNegotiationFailed]: unreached,
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
  const texts = content.flatMap((one) => (one.type === 'text' ? [one.text] : []));
  const others = content.map(({ type }) => type).filter((type) => type !== 'text');
  return {
    text: texts.join('\n'),
    structured:
      structuredContent === undefined ? undefined : JSON.stringify(structuredContent),
    leftOut: [...new Set(others)],
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
