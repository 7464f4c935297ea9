// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include "database.hpp"

namespace {

// Rows are made from their numbers, with squares modulo primes: scattered, and the same every time.
constexpr const char* build = R"sql(
  pragma synchronous = off;
  begin;
  create table region(id integer primary key, name text not null unique);
  create table customer(id integer primary key, name text not null unique, region integer not null references region);
  create table product(id integer primary key, name text not null, cents integer not null check(cents > 0));
  create table orders(id integer primary key, customer integer not null references customer,
                      product integer not null references product, quantity integer not null, note text);
  create table sold(product integer primary key, pieces integer not null) without rowid;
  create trigger count_sold after insert on orders begin
    insert into sold values(new.product, new.quantity)
      on conflict(product) do update set pieces = pieces + excluded.pieces;
  end;

  insert into region(name) values('north'), ('east'), ('south'), ('west');
  with recursive n(i) as (values(1) union all select i + 1 from n where i < max(8, :orders / 20))
    insert into customer select i, printf('customer %05d', i * 7919 % 99991), 1 + i * 17 % 23 % 4 from n;
  with recursive n(i) as (values(1) union all select i + 1 from n where i < 50)
    insert into product select i, printf('product %02d', i), 100 + i * 7919 % 9901 from n;
  with recursive n(i) as (values(1) union all select i + 1 from n where i < :orders)
    insert into orders
      select i, 1 + i * i % 104729 % max(8, :orders / 20), 1 + i * i % 7919 % 47, 1 + i * i % 193 % 7,
             case when i % 500 = 7 then printf('%.*c', 5000, 'n') when i % 3 = 0 then 'note ' || i end
      from n;
  create index orders_by_customer on orders(customer, product);
  create index notes on orders(note) where note is not null;
  alter table orders add column returned integer not null default 0;
  create view line as
    select o.id, r.name as region, c.name as customer, p.name as product, o.quantity, o.quantity * p.cents as cents
    from orders o join customer c on c.id = o.customer join region r on r.id = c.region join product p on p.id = o.product
    where not o.returned;
  commit;

  savepoint a_mistake;
  delete from orders where quantity > 3;
  rollback to a_mistake;
  release a_mistake;
  update orders set returned = 1 where note like '%27';
  delete from orders where id % 101 = 0;
  analyze;
)sql";

struct question {
  const char* title;
  const char* sql;
};

constexpr question questions[] = {
    {"Sales by region", R"sql(
      select region, printf('%,d', count(*)) as orders, count(distinct customer) as customers,
             printf('%,d', sum(quantity)) as pieces,
             printf('%,d.%02d', sum(cents) / 100, sum(cents) % 100) as revenue
      from line group by region having sum(quantity) > 0 order by sum(cents) desc, region)sql"},
    {"The best customer of each region", R"sql(
      with spent as (select region, customer, sum(cents) as cents from line group by region, customer),
           ranked as (select *, row_number() over (partition by region order by cents desc, customer) as place from spent)
      select region, customer, printf('%,d.%02d', cents / 100, cents % 100) as revenue
      from ranked where place = 1 order by region)sql"},
    {"Bookkeeping", R"sql(
      select 'orders kept' as what, printf('%,d', count(*)) as value from orders
      union all select 'orders returned', printf('%,d', count(*)) from orders where returned
      union all select 'pieces sold, by the trigger', printf('%,d', sum(pieces)) from sold
      union all select 'characters of notes', printf('%,d', sum(length(note))) from orders
      union all select 'products never sold', printf('%,d', count(*)) from product p left join sold s on s.product = p.id
                       where s.product is null)sql"},
    {"Integrity", "pragma integrity_check"},
};

void execute(const database& db, const char* script, int orders) {
  while (*script != '\0') {
    statement next(db, script);
    next.bind(":orders", orders);
    while (next.step()) {
    }
  }
}

query_result ask(const database& db, const question& asked) {
  const char* sql = asked.sql;
  statement query(db, sql);
  query_result result{asked.title, {}};
  auto& names = result.rows.emplace_back();
  for (int i = 0; i < query.columns(); ++i) {
    names.push_back(query.name(i));
  }
  while (query.step()) {
    auto& row = result.rows.emplace_back();
    for (int i = 0; i < query.columns(); ++i) {
      row.push_back(query.text(i));
    }
  }
  return result;
}

} // namespace

outcome run_workload(const std::string& new_file, int orders) {
  try {
    const sqlite_library library;
    const database db(new_file);
    execute(db, build, orders);
    outcome done{SQLITE_OK, {}, 0};
    for (const question& each : questions) {
      done.answer.push_back(ask(db, each));
    }
    done.peak_bytes = sqlite3_memory_highwater(1);
    return done;
  } catch (const sqlite_failed& failure) {
    return {failure.code, {}, 0};
  }
}
