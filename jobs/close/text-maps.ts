import type { Database } from '../../pipelines/warehouse/database.ts'

interface TextMap {
  readonly model: string
  readonly extractor: string
}

/** The text maps that were published: one a model. */
export class TextMaps {
  readonly #maps = new Map<string, TextMap>()
  readonly #models = new Set<string>()

  static async load(warehouse: Database): Promise<TextMaps> {
    const maps = new TextMaps()
    for (const row of await warehouse.all('SELECT text_map, model, extractor FROM text_map'))
      maps.add({
        textMap: row.text_map as string,
        model: row.model as string,
        extractor: row.extractor as string,
      })
    return maps
  }

  add({ textMap, model, extractor }: TextMap & { readonly textMap: string }): void {
    this.#maps.set(textMap, { model, extractor })
    this.#models.add(model)
  }

  get(textMap: string): TextMap | undefined {
    return this.#maps.get(textMap)
  }

  /** Whether the name is used, or the model has a map. */
  isTaken(textMap: string, model: string): boolean {
    return this.#maps.has(textMap) || this.#models.has(model)
  }
}
