import type { SubscriptionUpdateMessage } from '../shared/protocol'
import { RstoreError } from '../shared/errors'
import { encodeChannel, gapChannel } from './log'

/** Where the outbox is, if not in the schema `rstore_drizzle`. */
export interface OutboxPlace {
  /** A name in small letters, digits and underscores. The channel of LISTEN and NOTIFY is called the same. */
  schema?: string
}

/** A change to be told; `record` may be left out or hold part of the row, since it is no more than a hint. */
export interface OutboxUpdate extends Omit<SubscriptionUpdateMessage, 'record' | 'key'> {
  key: string | number | bigint
  record?: Record<string, unknown>
}

export interface OutboxTrigger extends OutboxPlace {
  /** Name of the collection, which is that of the table's export in the schema of Drizzle. */
  collection: string
  /** Name of the table in the database, as `table` or `schema.table`. */
  table: string
  /** Columns of the primary key in its order; or, where a field has another name than its column, columns by field. Of numbers, text or UUIDs. */
  key: string[] | Record<string, string>
}

/**
 * SQL that tells of a change, to be run in the transaction that makes it: `tx.execute(outboxSql({ … }))` with Drizzle, `client.query(…)` with
 * `pg`. It is told once that has been committed, and not at all otherwise. The tables of the outbox have to be there: they are made
 * by the first process that connects, or by `outboxSetup`. Throws `RSTORE_INVALID_VALUE` with the field for what is no change.
 */
export function outboxSql({ collection, type, key, record = {}, originClientId }: OutboxUpdate, place: OutboxPlace = {}): string {
  checkText('collection', collection)
  if (!['created', 'updated', 'deleted'].includes(type))
    throw invalid('type', 'must be "created", "updated" or "deleted"')
  if (!['string', 'number', 'bigint'].includes(typeof key) || key === '')
    throw invalid('key', 'must be a number or a text that is not empty')
  const message = JSON.stringify({ payload: { collection, type, key: String(key), record, originClientId } }, (_, value) => typeof value === 'bigint' ? String(value) : value)
  return `select ${schemaOf(place)}.publish('update', ${literal(message)})`
}

/**
 * SQL that has a table tell of its changes, whoever makes them: inserted, updated and deleted rows, those of cascades included, and
 * `truncate`, at which all clients read again. For a migration; run again, it replaces what it made before. `createPostgresPubSub`
 * has to know by `triggers` which collections have one. Throws `RSTORE_INVALID_VALUE` with the field for what can't be a name.
 */
export function outboxTrigger({ collection, table, key, ...place }: OutboxTrigger): string {
  checkText('collection', collection)
  checkText('table', table)
  const columns = Array.isArray(key) ? Object.fromEntries(key.map(column => [column, column])) : key
  if (Object.keys(columns).length === 0)
    throw invalid('key', 'must name a column')
  Object.entries(columns).flat().forEach(name => checkText('key', name))
  const schema = schemaOf(place)
  const target = table.split('.').map(quote).join('.')
  const name = schema.slice(1, -1)
  const tell = `execute function ${schema}.tell(${literal(collection)}, ${literal(JSON.stringify(Object.entries(columns)))})`
  return `${outboxSetup(place)}
select ${Object.values(columns).map(quote).join(', ')} from ${target} limit 0;
drop trigger if exists ${name} on ${target};
drop trigger if exists ${name}_truncate on ${target};
create trigger ${name} after insert or update or delete on ${target} for each row ${tell};
create trigger ${name}_truncate after truncate on ${target} for each statement ${tell};`
}

/** SQL that makes the tables and functions of the outbox where they are missing. Needs the right to make a schema. */
export function outboxSetup(place: OutboxPlace = {}): string {
  const schema = schemaOf(place)
  const name = schema.slice(1, -1)
  // The functions have the rights of who made them: whoever may write a table with a trigger needs none on the outbox.
  const definer = `security definer set search_path = pg_catalog, pg_temp`
  return `do $setup$ begin
  perform pg_advisory_xact_lock(hashtext('nuxt-rstore-drizzle'), hashtext('${name}'));
  -- Not to_regclass, which may remember what was before the lock.
  if exists (select from pg_catalog.pg_class where relname = 'log' and relnamespace in (select oid from pg_catalog.pg_namespace where nspname = '${name}')) then return; end if;
  create schema if not exists ${schema};
  create table ${schema}.outbox (
    xid xid8 not null default pg_current_xact_id(),
    id bigint not null generated always as identity,
    at timestamptz not null default clock_timestamp(),
    channel text not null,
    message text not null,
    primary key (xid, id)
  );
  create table ${schema}.leases (instance text primary key, until timestamptz not null);
  create function ${schema}.publish(channel text, message text) returns void language plpgsql ${definer} as $body$ begin
    insert into ${schema}.outbox (channel, message) values (publish.channel, publish.message);
    perform pg_notify('${name}', '');
  end $body$;
  create function ${schema}.change(type text, collection text, keys json, data jsonb) returns jsonb language sql stable as $body$
    select jsonb_build_object('collection', collection, 'type', type,
      'key', case count(*) when 1 then min(data ->> col) else string_agg(replace(replace(data ->> col, '%', '%25'), ':', '%3A'), '::' order by place) end,
      'record', jsonb_object_agg(field, data -> col))
    from (select part ->> 0 as field, part ->> 1 as col, place from json_array_elements(keys) with ordinality as parts (part, place)) as parts
  $body$;
  create function ${schema}.tell() returns trigger language plpgsql ${definer} as $body$
  declare
    before jsonb;
    after jsonb;
  begin
    if tg_op = 'TRUNCATE' then
      perform ${schema}.publish('${gapChannel}', '');
      return null;
    end if;
    if tg_op <> 'INSERT' then before := ${schema}.change('deleted', tg_argv[0], tg_argv[1]::json, to_jsonb(old)); end if;
    if tg_op <> 'DELETE' then after := ${schema}.change('created', tg_argv[0], tg_argv[1]::json, to_jsonb(new)); end if;
    if before ->> 'key' = after ->> 'key' then
      before := null;
      after := after || '{"type":"updated"}';
    end if;
    if before is not null then perform ${schema}.publish('${encodeChannel('update')}', jsonb_build_object('payload', before)::text); end if;
    if after is not null then perform ${schema}.publish('${encodeChannel('update')}', jsonb_build_object('payload', after)::text); end if;
    return null;
  end $body$;
  create table ${schema}.log (
    one boolean primary key default true check (one),
    epoch uuid not null default gen_random_uuid(),
    system text,
    trimmed_xid xid8 not null default '0',
    trimmed_id bigint not null default 0
  );
  insert into ${schema}.log default values;
end $setup$;`
}

/** Quoted. Throws `RSTORE_PUBSUB` for a name that would need more than that. */
export function schemaOf({ schema = 'rstore_drizzle' }: OutboxPlace): string {
  if (!/^[a-z_][a-z\d_]{0,50}$/.test(schema))
    throw new RstoreError('RSTORE_PUBSUB', `The schema of the outbox must have a name of up to 51 small letters, digits and underscores, not "${schema}".`, { field: 'schema' })
  return `"${schema}"`
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** In a form that means the same whatever `standard_conforming_strings` is. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll('\'', '\'\'')}'`
}

function checkText(field: string, value: string): void {
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    throw invalid(field, 'must be a text that is not empty')
}

function invalid(field: string, what: string): RstoreError {
  return new RstoreError('RSTORE_INVALID_VALUE', `\`${field}\` ${what}.`, { field })
}
