// The interpreter of chat templates: a file of its own, which is loaded with the first chat.
//
// The language is that of @huggingface/jinja; what it does otherwise than Jinja in Python, where
// templates are tried, is mended here.
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
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
interface Node {
  type: string;
  body?: Node[];
  operand?: Node;
  filter?: { value?: string };
  value?: unknown;
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

/** The text of a value between braces. */
function written({ type }: Node, value: Value): string {
  const isStatement = statements.has(type);
  if (value.type === 'UndefinedValue' || (isStatement && value.type === 'NullValue')) return '';
  if (value.type === 'NullValue') return 'None';
  if (value.type === 'BooleanValue' && !isStatement) return value.value ? 'True' : 'False';
  return value.toString();
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
      return evaluate(node, environment);
    } finally {
      loops.pop();
    }
  };
  machine.evaluate = (node, environment) => {
    // Bounds of a slice that are not given.
    if (node === undefined) return evaluate(node, environment);
    if (node.type === 'For') return loop(node, environment);
    if (node.type === 'Break' || node.type === 'Continue') return jump(node, environment);
    const counts = node.filter?.value === 'length' || node.filter?.value === 'count';
    if (node.type === 'FilterExpression' && counts && node.operand) {
      // Python counts code points.
      const { type, value } = machine.evaluate(node.operand, environment);
      const count = type === 'StringValue' ? Array.from(value as string).length : undefined;
      if (count !== undefined)
        return evaluate({ type: 'IntegerLiteral', value: count }, environment);
    }
    return evaluate(node, environment);
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
