import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { ReportLanguage } from '../../shared/domain/comparison';
import { writeFileAtomically } from '../../studio/library/json-file';
import { contextOf } from '../context';
import { printVerification, verifyEngine } from '../engine-verification';
import { withStudio } from '../open-studio';
import { countOf } from '../parse-engine-options';
import { reportLanguage } from '../report-language';

interface VerifyOptions {
  readonly images: string;
  readonly masks?: string;
  readonly limit?: number;
  readonly html?: string;
  readonly language: ReportLanguage;
  readonly json?: boolean;
}

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .summary('compare an engine with ONNX Runtime on your pictures')
    .description(
      'Runs an engine and ONNX Runtime on the same pictures and compares their masks. What that gives is agreement with ' +
        'the reference; accuracy needs drawn masks.',
    )
    .argument('<engine>', 'id of an engine, or its beginning')
    .requiredOption('--images <folder>', 'folder of pictures')
    .option('--masks <folder>', 'drawn masks: a PNG of class ids for each picture, of its name')
    .option('--limit <count>', 'take only so many pictures, evenly over the folder', countOf)
    .option('--html <file>', 'write one page with figures and pictures')
    .option('--language <language>', 'of the page: en or zh', reportLanguage, 'en')
    .option('--json', 'print one JSON object')
    .action(async (engineId: string, options: VerifyOptions, self: Command) => {
      const { images, masks, limit, html, language, json } = options;
      const context = contextOf(self);
      await withStudio(context, async (studio) => {
        const verification = await verifyEngine(context, studio, { engineId, images, masks, limit }, json === true);
        if (json === true) context.terminal.json(verification);
        else printVerification(context.terminal, verification);
        if (html === undefined) return;
        const report = { engineId, directory: null, language };
        const { bytes } = await studio.call('engines.verificationReport', report);
        if (bytes === null) return;
        await writeFileAtomically(resolve(context.io.cwd, html), bytes);
        context.terminal.note(`wrote ${html}`);
      });
    });
}
