-- SPDX-License-Identifier: MIT
create table t(a, b);
insert into t values (1, 'x'), (2, hex(zeroblob(5003))), (3, hex(zeroblob(119)));
create index i on t(b);
select a, length(b) from t order by b;
