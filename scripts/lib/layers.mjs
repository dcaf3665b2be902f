// Which folder of src/ may import what: the arrows of the architecture as data, and the check of a file against them.
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';

/**
 * `layers`: folders of src/ that may be imported besides its own. `packages`: what may be imported by name, where a
 * folder is bound in that; `node:` stands for all of Node.
 * @type {Record<string, { layers: string[], packages?: string[], except?: Record<string, string[]> }>}
 */
export const rules = {
  shared: { layers: [], packages: ['zod'] },
  onnx: { layers: ['shared'] },
  quantization: { layers: ['shared', 'onnx'] },
  media: { layers: ['shared'] },
  runtimes: { layers: ['shared', 'onnx'] },
  studio: { layers: ['shared', 'onnx', 'quantization', 'runtimes', 'media'] },
  preload: { layers: ['shared'], packages: ['electron', 'zod'] },
  // Pixels and networks are the engine host's business: main starts it and no more.
  main: { layers: ['shared', 'preload', 'studio'] },
  server: { layers: ['shared', 'studio'] },
  cli: { layers: ['shared', 'studio', 'runtimes', 'onnx', 'quantization', 'media', 'server'] },
  renderer: { layers: ['shared'] },
};

/** Packages that only some folders may know. */
const reserved = {
  electron: ['main', 'preload'],
  ws: ['server'],
  react: ['renderer'],
  'react-dom': ['renderer'],
  sharp: ['media'],
  'onnxruntime-node': ['runtimes', 'onnx'],
  'onnxruntime-common': ['runtimes', 'onnx'],
  commander: ['cli'],
};

const builtins = new Set(builtinModules);

/** @param {string} text a source file @returns {{ specifier: string, line: number }[]} what it imports */
export function importsOf(text) {
  // Blanked, not cut out, so that lines keep their numbers.
  const blank = (comment) => comment.replace(/[^\n]/g, ' ');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, blank).replace(/^\s*\/\/.*$/gm, blank);
  const patterns = [
    /\b(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]/g,
    /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
  ];
  const found = new Map();
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) {
      const at = match.index + match[0].lastIndexOf(match[1]);
      found.set(at, { specifier: match[1], line: code.slice(0, at).split('\n').length });
    }
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

/** @param {string} specifier @returns {string} `@scope/name/x` → `@scope/name` */
function packageName(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * @param {string} file path relative to src/, with `/`
 * @param {string} specifier as written in the import
 * @returns {string | undefined} why it is not allowed
 */
export function forbidden(file, specifier) {
  const layer = file.split('/')[0];
  const rule = rules[layer];
  if (rule === undefined) return `src/${layer} is no folder of the architecture`;
  const isTest = /\.test\.tsx?$|\/testing(\/|\.ts$)/.test(file);
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(dirname(file).replaceAll('\\', '/'), specifier));
    if (target.startsWith('../')) return isTest ? undefined : 'it leaves src/';
    const other = target.split('/')[0];
    if (other === layer || rule.layers.includes(other)) return undefined;
    return `${layer} may import only ${[...rule.layers, 'itself'].join(', ')}`;
  }
  if (isTest) return undefined;
  if (specifier.startsWith('node:') || builtins.has(packageName(specifier))) {
    return layer === 'shared' || layer === 'renderer' || layer === 'preload' ? `${layer} has no Node` : undefined;
  }
  const name = packageName(specifier);
  if (rule.packages && !rule.packages.includes(name)) return `${layer} may use only ${rule.packages.join(', ')}`;
  const owners = reserved[name];
  return owners && !owners.includes(layer) ? `${name} is for ${owners.join(' and ')} only` : undefined;
}

/**
 * @param {string} file path relative to src/, with `/`
 * @param {string} text
 * @returns {string[]} one line for each forbidden import
 */
export function violations(file, text) {
  return importsOf(text).flatMap(({ specifier, line }) => {
    const reason = forbidden(file, specifier);
    return reason === undefined ? [] : [`${join('src', file)}:${line} imports ${specifier}: ${reason}`];
  });
}
