import { type Node, type Program, type TSTypeAnnotation, Visitor } from 'oxc-parser';

/** Interfaces of one file, each as `FILE#NAME`. */
export type Interfaces = {
  /** Those with methods that it declares. */
  readonly interfaces: readonly string[];
  /** Those that its classes and objects implement, once for each implementation. */
  readonly implemented: readonly string[];
};

/** Path, from the root, of the file that `path` imports as `specifier`. */
export function fileOf(path: string, specifier: string): string {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (!specifier.startsWith('.')) return specifier;
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

/**
 * Interfaces that a file declares and implements.
 *
 * An implementation is a class that names the interface, an object literal of a constant of its type, or a function of that type
 * that returns an object literal. An object that is only passed as an argument is not found.
 */
export function interfacesIn(path: string, program: Program): Interfaces {
  const [interfaces, implemented]: [string[], string[]] = [[], []];
  const origins = new Map<string, string>();
  const results: { readonly names: readonly string[]; isObject: boolean }[] = [];
  const enter = ({ returnType, body }: Routine) => {
    results.push({ names: namesIn(returnType), isObject: isObject(body) });
  };
  const leave = () => {
    const result = results.pop();
    if (result?.isObject) implemented.push(...result.names);
  };
  new Visitor({
    ImportDeclaration({ specifiers, source }) {
      for (const one of specifiers) {
        if (one.type !== 'ImportSpecifier' || one.imported.type !== 'Identifier') continue;
        origins.set(one.local.name, `${fileOf(path, source.value)}#${one.imported.name}`);
      }
    },
    TSInterfaceDeclaration({ id, body }) {
      if (body.body.some(isMethod)) interfaces.push(`${path}#${id.name}`);
    },
    TSClassImplements({ expression }) {
      if (expression.type === 'Identifier') implemented.push(expression.name);
    },
    VariableDeclarator({ id, init }) {
      if (isObject(init)) implemented.push(...namesIn(id.typeAnnotation));
    },
    ReturnStatement({ argument }) {
      const result = results.at(-1);
      if (result && isObject(argument)) result.isObject = true;
    },
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
  }).visit(program);
  return {
    interfaces,
    implemented: implemented.map((name) => origins.get(name) ?? `${path}#${name}`),
  };
}

type Routine = {
  readonly returnType?: TSTypeAnnotation | null;
  readonly body: Node | null;
};

function isObject(node: Node | null): boolean {
  if (node?.type === 'ParenthesizedExpression') return isObject(node.expression);
  return node?.type === 'ObjectExpression';
}

function isMethod(member: Node): boolean {
  return (
    member.type === 'TSMethodSignature' ||
    (member.type === 'TSPropertySignature' &&
      member.typeAnnotation?.typeAnnotation.type === 'TSFunctionType')
  );
}

/** `Result` of `: Result`, `: Promise<Result>` and `: Result & Other`. */
function namesIn(annotation: Node | null | undefined): readonly string[] {
  if (annotation?.type === 'TSTypeAnnotation') return namesIn(annotation.typeAnnotation);
  if (annotation?.type === 'TSIntersectionType') return annotation.types.flatMap(namesIn);
  if (annotation?.type !== 'TSTypeReference' || annotation.typeName.type !== 'Identifier')
    return [];
  const { name } = annotation.typeName;
  return name === 'Promise' ? (annotation.typeArguments?.params ?? []).flatMap(namesIn) : [name];
}
