// Finds long functions in C++ and TypeScript by their braces, without parsing either language.

// Comments, strings and character literals become spaces, so that only real braces are left.
// Line breaks stay, so that line numbers stay true.
const literals =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"(\w*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

function blankLiterals(text) {
  // An apostrophe between digits separates them in C++ and opens no literal.
  const digits = text.replace(/(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])/g, '_');
  return digits.replace(literals, (match) => match.replace(/[^\n]/g, ' '));
}

const control = /(?:^|[^\w.])(?:if|for|while|switch|catch)\s*(?:constexpr\s*)?\([^{}]*$/;
const functionHead = /\)\s*(?:const|noexcept|override|final|mutable|->[^{;]*|:[^{};]*|\s)*$|=>\s*$/;
const grouping = /\b(?:describe|suite)(?:\.\w+)*\([^{}]*$/;

// What stands before a brace, back to the end of the previous statement or block.
function headBefore(text, brace) {
  let start = brace;
  let depth = 0;
  while (start > 0) {
    const before = text[start - 1];
    if (before === ')') depth++;
    if (before === '(') depth--;
    if (depth <= 0 && /[;{}]/.test(before)) break;
    start--;
  }
  return text.slice(start, brace);
}

function isFunction(head) {
  return functionHead.test(head) && !control.test(head) && !grouping.test(head);
}

/** Functions of more than `limit` lines, braces included: [{line, length}]. */
export function longFunctions(source, limit) {
  const text = blankLiterals(source);
  const found = [];
  const open = []; // {line, brace} of the braces not closed yet
  let line = 1;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\n') line++;
    if (text[index] === '{') open.push({ line, brace: index });
    if (text[index] !== '}' || open.length === 0) continue;
    const begin = open.pop();
    const length = line - begin.line + 1;
    if (length > limit && isFunction(headBefore(text, begin.brace))) {
      found.push({ line: begin.line, length });
    }
  }
  return found;
}
