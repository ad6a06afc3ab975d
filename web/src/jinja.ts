// The interpreter of chat templates: a file of its own, which is loaded with the first chat.
//
// The language is that of @huggingface/jinja; what it does otherwise than Jinja in Python, where
// templates are tried, is mended here.
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { capitalized, quoted, stripped } from './python-text.js';
import { strftime } from './strftime.js';

/** A template that was read. @returns the text for these variables */
export type Render = (variables: Record<string, unknown>) => string;

function range(start: number, stop?: number, step = 1): number[] {
  if (stop === undefined) [start, stop] = [0, start];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return Array.from({ length: count }, (_, index) => start + index * step);
}

// What every template of Python's knows.
const globals: Record<string, unknown> = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range,
  raise_exception(message: string) {
    throw new Error(message);
  },
  strftime_now: (format: string) => strftime(new Date(), format),
};

interface Value {
  type: string;
  value: unknown;
  toString(): string;
}
interface Named {
  value?: string;
  callee?: Named;
}
interface Node {
  type: string;
  body?: Node[];
  operand?: Node;
  filter?: Named;
  value?: unknown;
  left?: Node;
  right?: Node;
  operator?: Named;
  test?: Named;
  negate?: boolean;
  callee?: Node;
  object?: Node;
  property?: Named;
  args?: Node[];
  iterable?: Node;
  lhs?: Node;
}
/** What is replaced of the interpreter. */
interface Machine {
  evaluate(node: Node | undefined, environment: Environment): Value;
  evaluateBlock(nodes: Node[], environment: Environment): Value;
}

/** A `continue` or `break` on its way to its loop, with what was written in this round. */
class Jump {
  text = '';
  readonly ends: boolean;
  /** What the interpreter throws for it. */
  readonly thrown: unknown;

  constructor(ends: boolean, thrown: unknown) {
    this.ends = ends;
    this.thrown = thrown;
  }
}

const statements = new Set(
  'If For Set Macro CallStatement FilterStatement Comment Break Continue Program'.split(' '),
);

/** As Python's repr() shows a value. */
function shown(value: Value): string {
  const { type, value: content } = value;
  if (type === 'StringValue') return quoted(content as string);
  if (type === 'ArrayValue') return `[${(content as Value[]).map(shown).join(', ')}]`;
  if (type !== 'ObjectValue') return textOf(value);
  const members = Array.from(content as Map<string, Value>, ([key, member]) => {
    return `${quoted(key)}: ${shown(member)}`;
  });
  return `{${members.join(', ')}}`;
}

/** As Python's str() shows a value. */
function textOf(value: Value): string {
  switch (value.type) {
    case 'UndefinedValue':
      return '';
    case 'NullValue':
      return 'None';
    case 'BooleanValue':
      return value.value ? 'True' : 'False';
    case 'ArrayValue':
    case 'ObjectValue':
      return shown(value);
    default:
      return value.toString();
  }
}

/** What a node adds to the text. */
function written({ type }: Node, value: Value): string {
  return statements.has(type) && value.type === 'NullValue' ? '' : textOf(value);
}

type Mended = string | number | boolean | undefined;

function filtered(value: Value, filter: string | undefined): Mended {
  if (filter === 'string') return textOf(value);
  if (filter === 'trim') return stripped(textOf(value), 'strip');
  if (filter === 'upper') return textOf(value).toUpperCase();
  if (filter === 'lower') return textOf(value).toLowerCase();
  if (filter === 'count' && value.type === 'ArrayValue') return (value.value as Value[]).length;
  if (value.type !== 'StringValue') return undefined;
  const text = value.value as string;
  if (filter === 'capitalize') return capitalized(text);
  // Python counts code points.
  return filter === 'length' || filter === 'count' ? Array.from(text).length : undefined;
}

/** Texts are added to texts only. */
function sum(left: Value, right: Value): Mended {
  const texts = [left, right].filter(({ type }) => type === 'StringValue').length;
  if (texts === 1) throw new Error(`A text cannot be added to ${left.type} or ${right.type}`);
  return texts === 2 ? `${left.value}${right.value}` : undefined;
}

const mendedFilters = ['string', 'trim', 'upper', 'lower', 'capitalize', 'length', 'count'];
const ofNothing = ['selectattr', 'rejectattr', 'map'];
const mendedMethods = ['strip', 'lstrip', 'rstrip', 'capitalize'];
const iterable = ['ArrayValue', 'StringValue', 'ObjectValue'];

/** The value of an expression that the interpreter takes otherwise than Python; of others none. */
function mended(machine: Machine, node: Node, environment: Environment): Mended {
  const valueOf = (one: Node | undefined) => machine.evaluate(one, environment);
  const { type, operator, filter, test, callee, args = [] } = node;
  if (type === 'BinaryExpression' && operator?.value === '~') {
    return textOf(valueOf(node.left)) + textOf(valueOf(node.right));
  }
  if (type === 'BinaryExpression' && operator?.value === '+') {
    return sum(valueOf(node.left), valueOf(node.right));
  }
  if (type === 'FilterExpression' && mendedFilters.includes(filter?.value ?? '')) {
    return filtered(valueOf(node.operand), filter?.value);
  }
  if (type === 'TestExpression' && test?.value === 'iterable') {
    return iterable.includes(valueOf(node.operand).type) !== node.negate;
  }
  const method = callee?.type === 'MemberExpression' ? (callee.property?.value ?? '') : '';
  if (type !== 'CallExpression' || !mendedMethods.includes(method)) return undefined;
  const { type: kind, value: text } = valueOf(callee?.object);
  if (kind !== 'StringValue') return undefined;
  if (method === 'capitalize') return capitalized(text as string);
  const letters = args[0] && (valueOf(args[0]).value as string | null);
  return stripped(text as string, method, letters ?? undefined);
}

/** A loop over the letters of a text, where `node` is one over a text. */
function overLetters(machine: Machine, node: Node, environment: Environment): Node {
  const { iterable } = node;
  const selects = iterable?.type === 'SelectExpression';
  const { type, value } = machine.evaluate(selects ? iterable.lhs : iterable, environment);
  if (type !== 'StringValue') return node;
  const letters = Array.from(value as string, (letter) => ({
    type: 'StringLiteral',
    value: letter,
  }));
  const list = { type: 'ArrayLiteral', value: letters };
  return { ...node, iterable: selects ? { ...iterable, lhs: list } : list };
}

/** Makes an interpreter keep to Python where it does not by itself. */
function mend(machine: Machine): void {
  const evaluate = machine.evaluate.bind(machine);
  const loops: { body: Node[] | undefined; ended: unknown }[] = [];

  const jump = (node: Node, environment: Environment): Value => {
    try {
      return evaluate(node, environment);
    } catch (thrown) {
      throw new Jump(node.type === 'Break', thrown);
    }
  };
  const loop = (node: Node, environment: Environment): Value => {
    loops.push({ body: node.body, ended: undefined });
    try {
      return evaluate(overLetters(machine, node, environment), environment);
    } finally {
      loops.pop();
    }
  };
  machine.evaluate = (node, environment) => {
    // Bounds of a slice that are not given.
    if (node === undefined) return evaluate(node, environment);
    if (node.type === 'For') return loop(node, environment);
    if (node.type === 'Break' || node.type === 'Continue') return jump(node, environment);
    if (node.type === 'FilterExpression' && ofNothing.includes(node.filter?.callee?.value ?? '')) {
      const { type } = machine.evaluate(node.operand, environment);
      const isNothing = type === 'NullValue' || type === 'UndefinedValue';
      return evaluate(isNothing ? { type: 'ArrayLiteral', value: [] } : node, environment);
    }
    const result = mended(machine, node, environment);
    if (typeof result === 'number') {
      return evaluate({ type: 'IntegerLiteral', value: result }, environment);
    }
    if (typeof result === 'boolean') {
      return evaluate({ type: 'Identifier', value: String(result) }, environment);
    }
    if (result === undefined) return evaluate(node, environment);
    return evaluate({ type: 'StringLiteral', value: result }, environment);
  };
  // What was written before a `continue` or a `break` stays.
  machine.evaluateBlock = (nodes, environment) => {
    const own = loops.at(-1);
    const round = own?.body === nodes ? own : undefined;
    if (round?.ended !== undefined) throw round.ended;
    let text = '';
    for (const node of nodes) {
      try {
        text += written(node, machine.evaluate(node, environment));
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        text = error.text = text + error.text;
        if (round === undefined) throw error;
        if (error.ends) round.ended = error.thrown;
        break;
      }
    }
    return evaluate({ type: 'StringLiteral', value: text }, environment);
  };
}

/** Throws an Error that says what is wrong with the template. */
export function compile(text: string): Render {
  const program = parse(tokenize(text, { lstrip_blocks: true, trim_blocks: true }));
  return (variables) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals, ...variables })) {
      environment.set(name, value);
    }
    const interpreter = new Interpreter(environment);
    mend(interpreter as unknown as Machine);
    return (interpreter.run(program) as unknown as Value).value as string;
  };
}
