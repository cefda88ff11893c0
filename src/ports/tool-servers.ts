import type { Secret } from '#src/base/secret.ts';
import type { Right } from '#src/people/rights.ts';

/** Rules of the operator for a tool: who may call it, and with which limits. */
export type ToolRules = {
  readonly who: Right;
  readonly effect: 'read' | 'last' | 'destroy';
  readonly deadlineMs: number;
  readonly resultChars: number;
};

/** How a server is reached: as a program of this machine, or over HTTP. */
export type McpTransport =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly environment: ReadonlyMap<string, Secret>;
      readonly folder: string;
    }
  | {
      readonly kind: 'http';
      readonly url: URL;
      readonly headers: ReadonlyMap<string, Secret>;
    };

/** A server of tools that the operator has added. */
export interface McpServerOptions {
  readonly name: string;
  readonly transport: McpTransport;
  /** Finds the rules of a tool by its own name. Undefined if the operator does not allow the tool. */
  findRules(toolName: string): ToolRules | undefined;
}
