import type { ReportLanguage } from '../../shared/domain/comparison';
import { given, Html, html } from './html';
import { latencyBars } from './latency-bars';
import type { ReportData, ReportPicture } from './report-data';
import { dateTime, letter, percent, score } from './report-format';
import { reportStyle } from './report-style';
import { classesTable, confusionTables, failuresTable, figuresTable, sideName, sidesTable } from './report-tables';
import type { ReportTexts } from './report-texts';
import { reportTexts } from './report-texts';

/** Nothing is fetched and nothing runs, whatever a name in the page says. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** One page that needs nothing but itself: no script, no address but `data:`. All given text is escaped. */
export function reportPage(data: ReportData, language: ReportLanguage): string {
  const texts = reportTexts(language);
  const title = titleOf(data, texts);
  const page = html`<!doctype html>
    <html lang="${texts.lang}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="Maskforge" />
        <title>${texts.eyebrow[data.kind]} · ${title}</title>
        <style>
          ${styleSheet()}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="eyebrow">${texts.eyebrow[data.kind]}</p>
            <h1>${given(title)}</h1>
            <p class="soft">${subtitle(data, texts)}</p>
          </header>
          ${cards(data, texts)} ${sidesTable(data, texts)} ${figuresTable(data, texts)} ${latencyBars(data, texts)}
          ${classesTable(data, texts)} ${confusionTables(data, texts)} ${worstPictures(data, texts)}
          ${failuresTable(data, texts)} ${howMeasured(data, texts)}
          <footer>${texts.made(dateTime(data.at))}</footer>
        </main>
      </body>
    </html> `;
  return page.text;
}

function titleOf({ sides }: ReportData, texts: ReportTexts): string {
  const names = new Set(sides.flatMap(({ modelName }) => (modelName === null ? [] : [modelName])));
  return [...names].join(texts.list);
}

function subtitle({ sides, reference, pictures, images, at }: ReportData, texts: ReportTexts): Html {
  const name = (index: number): string => {
    const side = sides[index];
    return side?.kind === 'masks' ? texts.drawn : (side?.name ?? '');
  };
  const others = sides.flatMap((_, index) => (index === reference ? [] : [name(index)]));
  const what = texts.against(others.join(texts.list), name(reference));
  return html`${given(what)} · ${texts.pictures(pictures)}${images === '' ? null : html` · ${given(images)}`} ·
  ${dateTime(at)}`;
}

/** The figures that people look for first. */
function cards({ sides, reference }: ReportData, texts: ReportTexts): Html {
  const isDrawn = sides[reference]?.kind === 'masks';
  const base = sides[reference]?.latency?.median.total ?? null;
  const each = sides.flatMap((side, index) => {
    // That drawn masks agree with a network is said of the network.
    if (index === reference || side.agreement === null || (side.kind === 'masks' && sides.length > 2)) return [];
    const { pixelAgreement, meanIou, meanBoundaryIou } = side.agreement;
    const total = side.latency?.median.total ?? null;
    const facts = [
      `${texts.meanIou} ${score(meanIou)}`,
      `${texts.borderIou} ${score(meanBoundaryIou)}`,
      ...(side.accuracy === null || isDrawn ? [] : [texts.drawnIou(score(side.accuracy.meanIou))]),
      ...(base === null || total === null ? [] : [texts.ofReferenceTime((total / base).toFixed(2))]),
    ];
    const says = isDrawn ? texts.accurateWith(letter(reference)) : texts.agreementWith(letter(reference));
    return [
      html`<section class="card">
        <div class="name">${sideName(side, index, texts)}</div>
        <div class="big">${percent(pixelAgreement)}</div>
        <div>${says}</div>
        <div class="facts">${facts.join(' · ')}</div>
      </section>`,
    ];
  });
  return html`<div class="cards">${each}</div>`;
}

function worstPictures(data: ReportData, texts: ReportTexts): Html | null {
  if (data.worst.length === 0) return null;
  return html`<h2>${texts.worst}</h2>
    <p class="how">${texts.worstHow}</p>
    ${data.worst.map((picture) => onePicture(data, picture, texts))}`;
}

function onePicture({ sides, reference }: ReportData, picture: ReportPicture, texts: ReportTexts): Html {
  const { images, name, width, height } = picture;
  if (images === null) {
    return html`<article>
      <h3>${given(name)}</h3>
      <p class="how">${texts.noImage}</p>
    </article>`;
  }
  const overlays = sides.map((side, index) => {
    const caption = html`<span class="letter">${letter(index)}</span>
      ${side.kind === 'masks' ? texts.drawn : given(side.name)}`;
    return shot(images.sides[index]?.overlay ?? null, caption, `${letter(index)}`, texts);
  });
  const differences = sides.flatMap((_, index) => {
    if (index === reference) return [];
    const figures = picture.sides[index] ?? null;
    const caption = html`${texts.differs(letter(index))} · ${captionOf(figures, texts)}`;
    return [shot(images.sides[index]?.difference ?? null, caption, texts.differs(letter(index)), texts)];
  });
  return html`<article>
    <h3>${given(name)} <span class="small">${width} × ${height}</span></h3>
    <div class="shots of${sides.length * 2}">
      ${shot(images.picture, html`${texts.picture}`, texts.picture, texts)}${overlays}${differences}
    </div>
  </article>`;
}

function captionOf(figures: ReportPicture['sides'][number], texts: ReportTexts): string {
  if (figures === null) return texts.noMask;
  const { agreement, meanIou, accuracy } = figures;
  return [
    ...(agreement === null ? [] : [texts.agrees(percent(agreement))]),
    ...(meanIou === null ? [] : [texts.iou(score(meanIou))]),
    ...(accuracy === null ? [] : [texts.drawnIou(score(accuracy))]),
  ].join(' · ');
}

function shot(source: string | null, caption: Html, alt: string, texts: ReportTexts): Html {
  const image =
    source === null ? html`<div class="missing">${texts.noMask}</div>` : html`<img alt="${alt}" src="${source}" />`;
  return html`<figure>
    ${image}
    <figcaption>${caption}</figcaption>
  </figure>`;
}

function howMeasured({ sides }: ReportData, texts: ReportTexts): Html {
  const hasDrawn = sides.some(({ kind, accuracy }) => kind === 'masks' || accuracy !== null);
  const sentences = [texts.howAgreement, ...(hasDrawn ? [texts.howAccuracy] : []), texts.howIou, texts.howIds];
  return html`<h2>${texts.how}</h2>
    ${sentences.map((sentence) => html`<p class="how">${sentence}</p>`)}`;
}

/** Ours alone, so it goes in as it is. */
function styleSheet(): Html {
  return new Html(reportStyle);
}
