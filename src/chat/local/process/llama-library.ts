import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GrammarSchema } from './grammar-schema.ts';

/**
 * The part of `node-llama-cpp` 3.21.1 that is used here, written by hand, since the library comes on demand and no installation
 * without it has its types: https://node-llama-cpp.withcat.ai/api/functions/getLlama
 */
export type Token = number & { readonly __token: never };

/** State of a grammar, which a token moves on. */
export type GrammarState = object;

/** Tokens that are made more or less likely. */
export interface TokenBias {
  /** Adds `logit` to the score of each token of a text. */
  set(text: string, bias: { readonly logit: number }): TokenBias;
}

export interface LlamaSequence {
  readonly contextTokens: readonly Token[];
  /** Keeps the longest common beginning, and forgets the rest. */
  adaptStateToTokens(tokens: readonly Token[], allowShift: boolean): Promise<void>;
  /** Forgets all tokens. */
  clearHistory(): Promise<void>;
  /** Reads tokens behind those that are known. */
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>;
  /** Reads tokens, then yields one after another until one that ends the answer, which is not yielded. */
  evaluate(
    tokens: readonly Token[],
    options: {
      readonly temperature: number;
      readonly topP: number;
      readonly seed?: number | undefined;
      /** Makes these tokens less likely, by the usual factor of 1.1. */
      readonly repeatPenalty: { readonly punishTokens: () => Token[] };
      readonly grammarEvaluationState: () => GrammarState | undefined;
      readonly tokenBias: () => TokenBias;
    },
  ): AsyncGenerator<Token, void>;
}

export interface LlamaContext {
  readonly contextSize: number;
  /** Takes one of the sequences. Throws once all are taken. */
  getSequence(): LlamaSequence;
}

export interface LlamaModel {
  readonly trainContextSize: number;
  readonly fileInfo: {
    readonly metadata: {
      readonly tokenizer: { readonly chat_template?: string };
    };
  };
  readonly tokens: {
    readonly bosString: string | null;
    readonly eosString: string | null;
  };
  /** Cuts a text into tokens. With `specialTokens` marks of the template count as such. */
  tokenize(text: string, specialTokens: boolean): Token[];
  /** Joins tokens to a text, which ends in U+FFFD inside a letter. */
  detokenize(
    tokens: readonly Token[],
    specialTokens: boolean,
    lastTokens?: readonly Token[],
  ): string;
  /** Takes the memory for several talks. Throws where there is too little. */
  createContext(options: {
    readonly contextSize: number;
    readonly sequences: number;
    readonly threads: number;
    readonly batchSize: number;
  }): Promise<LlamaContext>;
}

export interface Llama {
  readonly gpu: string | false;
  readonly cpuMathCores: number;
  /** Loads a GGUF file. Throws for any other. */
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  /** Makes a grammar of the JSON that a schema allows. */
  createGrammarForJsonSchema(schema: GrammarSchema): Promise<object>;
  /** Gets the grammar of any JSON. */
  getGrammarFor(type: 'json'): Promise<object>;
}

type LlamaModule = {
  getLlama(options: {
    readonly gpu: 'auto' | false;
    readonly build: 'never';
    readonly logLevel: 'error';
    readonly progressLogs: false;
    readonly skipDownload: true;
  }): Promise<Llama>;
  readonly LlamaGrammarEvaluationState: new (options: {
    readonly model: LlamaModel;
    readonly grammar: object;
  }) => GrammarState;
  readonly TokenBias: { for(model: LlamaModel): TokenBias };
};

type TemplateModule = {
  readonly Template: new (source: string) => { render(values: object): string };
};

/** The library, and the program of templates that comes with it. */
export interface ChatLibrary {
  readonly llama: Llama;
  /** Begins a grammar, for one answer. */
  createGrammarState(model: LlamaModel, grammar: object): GrammarState;
  /** Creates a bias that changes nothing yet. */
  createTokenBias(model: LlamaModel): TokenBias;
  /** Parses a template of a model. Throws for a broken one. */
  createTemplate(source: string): { render(values: object): string };
}

/** Loads the library out of its folder. It builds nothing and fetches nothing. Throws where this machine has no build. */
export async function loadChatLibrary(folder: string): Promise<ChatLibrary> {
  const load = (name: string) =>
    import(pathToFileURL(join(folder, 'node_modules', name)).href);
  const module: LlamaModule = await load('node-llama-cpp/dist/index.js');
  const templates: TemplateModule = await load('@huggingface/jinja/dist/index.js');
  const llama = await module.getLlama({
    gpu: 'auto',
    build: 'never',
    logLevel: 'error',
    progressLogs: false,
    skipDownload: true,
  });
  return {
    llama,
    createGrammarState: (model, grammar) =>
      new module.LlamaGrammarEvaluationState({ model, grammar }),
    createTokenBias: (model) => module.TokenBias.for(model),
    createTemplate: (source) => new templates.Template(source),
  };
}
