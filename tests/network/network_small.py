"""A small good network, as the text of its CSV files, and how to write it somewhere."""

from __future__ import annotations

from pathlib import Path

TEXTS: dict[str, str] = {
    "sites": """\
id,name,kind,tier,latitude,longitude,country,zone,calendar,company
OPO,Porto assembly,plant,0,41.15,-8.61,PT,Europe/Lisbon,PT-2S,Norda PT
KRK,Krakow motors,plant,0,50.06,19.94,PL,Europe/Warsaw,PL-3S,Norda PL
SUP,Suzhou magnets,supplier,1,31.3,120.6,CN,Asia/Shanghai,,
RAW,Pune wire,supplier,2,18.52,73.86,IN,Asia/Kolkata,,
HUB,Rotterdam hub,hub,0,51.92,4.48,NL,Europe/Amsterdam,,Norda NL
CUS,Stuttgart bikes,customer,0,48.78,9.18,DE,Europe/Berlin,,
""",
    "items": """\
id,name,unit,cost,currency,weight_kg,volume_m3,container_qty,shelf_life_d,temp_min_c,temp_max_c,family
DRIVE,Drive unit,pcs,300,EUR,4,0.01,10,,,,
MOTOR,Motor,pcs,120,EUR,2.5,0.005,20,,,,
007,Magnet,pcs,2,CNY,0.05,0.0001,100,,,,magnets
008,Magnet new,pcs,2.1,CNY,0.05,0.0001,100,,,,magnets
WIRE,Copper wire,kg,9,USD,1,0.0002,50,,,,
GLUE,Adhesive,kg,20,EUR,1,0.001,5,180,5,30,
""",
    "bom": """\
parent,component,qty,scrap,alternative,priority,valid_from,valid_to
DRIVE,MOTOR,1,0,,1,,
DRIVE,GLUE,0.05,0.02,,1,,
MOTOR,007,8,0.01,magnet,1,,2026-06-30
MOTOR,008,8,0.01,magnet,2,,
MOTOR,WIRE,0.35,0,,1,,
""",
    "stock_points": """\
site,item,policy,base_stock,reorder_point,order_up_to,order_qty,review_h,holding_rate,service_target,inspect_h,owner,consignor
OPO,DRIVE,kanban,0,0,0,0,0,0.2,0.98,0,own,
OPO,MOTOR,kanban,0,0,0,0,0,0.2,0.98,0,own,
OPO,GLUE,sS,0,10,30,0,24,0.2,0.95,0,own,
KRK,007,RQ,0,4000,0,2000,0,0.2,0.95,0,own,
KRK,008,none,0,0,0,0,0,0.2,0.95,0,consigned,SUP
HUB,007,base_stock,9000,0,0,0,0,0.2,0.95,0,own,
KRK,MOTOR,kanban,0,0,0,0,0,0.2,0.98,0,own,
""",
    "processes": """\
site,item,resource,cycle_s,cycle_cv,setup_s,setup_family,lot_qty,yield_rate,priority
OPO,DRIVE,OPO-L1,120,0,0,,10,1,1
KRK,MOTOR,KRK-L1,90,0,600,,40,0.98,1
SUP,007,SUP-P1,2,0,300,,500,0.97,1
SUP,008,SUP-P1,2,0,300,coated,500,0.97,1
""",
    "resources": """\
id,site,kind,calendar,count,mtbf_h,mttr_h
OPO-L1,OPO,line,,1,200,2
KRK-L1,KRK,line,PL-3S,2,,0
SUP-P1,SUP,press,,1,,0
""",
    "changeovers": """\
resource,before,after,setup_s
SUP-P1,007,coated,900
SUP-P1,coated,007,1800
""",
    "lanes": """\
id,origin,destination,mode,transit_kind,transit_h,transit_sd_h,quantiles,departures,distance_km,cost_shipment,cost_kg,cost_m3,currency,capacity_kg,capacity_m3,vehicles,customs_h,co2_kg_tkm,agreed_h,window_h
KRK-OPO,KRK,OPO,road,lognormal,60,8,,"Mon,Thu 18:00",3000,2500,0.02,0,EUR,24000,82,0,0,0.075,72,4
SUP-HUB,SUP,HUB,sea,gamma,900,120,,Fri 18:00,19000,3000,0.01,2,USD,26000,67,0,0,0.012,1000,24
HUB-KRK,HUB,KRK,road,quantiles,24,0,0.05:20;0.5:24;0.95:40,,1200,900,0.01,0,EUR,24000,82,0,0,0.075,30,4
SUP-KRK-A,SUP,KRK,air,gamma,90,20,,,8500,500,4.5,0,USD,,,0,0,0.6,100,24
RAW-KRK,RAW,KRK,sea,gamma,800,90,,,14000,3000,0.02,0,USD,,,0,0,0.012,,24
OPO-CUS,OPO,CUS,road,fixed,48,0,,,2200,2000,0.02,0,EUR,24000,82,0,0,0.075,60,4
""",
    "sources": """\
site,item,origin,lane,price,currency,price_breaks,moq,prep_h,share,role
OPO,MOTOR,KRK,KRK-OPO,130,EUR,,0,4,1,primary
OPO,GLUE,KRK,KRK-OPO,22,EUR,,5,4,1,primary
KRK,GLUE,RAW,RAW-KRK,20,USD,,0,4,1,primary
KRK,007,HUB,HUB-KRK,2.2,EUR,,0,4,0.7,primary
KRK,007,SUP,SUP-KRK-A,2.4,USD,1000:2.3;5000:2.2,1000,24,0.3,primary
KRK,008,SUP,SUP-KRK-A,2.4,USD,,100,24,1,primary
HUB,007,SUP,SUP-HUB,2,CNY,,1000,48,1,primary
KRK,WIRE,RAW,RAW-KRK,9.5,USD,,50,24,1,primary
""",
    "loops": """\
id,kind,site,item,origin,lane,resource,cards,container_qty,collection_h,trigger,signal_at,lot_cards
KB-OPO-DRIVE,production,OPO,DRIVE,OPO,,OPO-L1,12,10,0,consumption,0,1
KB-OPO-MOTOR,withdrawal,OPO,MOTOR,KRK,KRK-OPO,,30,20,4,scan,0,1
KB-KRK-MOTOR,signal,KRK,MOTOR,KRK,,KRK-L1,20,20,0,consumption,8,6
KB-KRK-WIRE,two_bin,KRK,WIRE,RAW,,,2,500,0,consumption,0,1
""",
    "demand": """\
site,item,supplier,rate_day,distribution,cv,lead_h,partial,priority,price,currency
CUS,DRIVE,OPO,98,poisson,0,96,no,1,450,EUR
""",
    "drivers": """\
name,site,item,day,value
price,OPO,DRIVE,2026-01-01,450
price,OPO,DRIVE,2026-03-01,430
holidays,,,2026-01-01,2
""",
    "calendars": """\
id,days,shifts,break_min,holidays,shutdowns
PT-2S,Mon-Fri,"06:00-14:00,14:00-22:00",30,PT,2026-08-03..2026-08-14
PL-3S,Mon-Fri,"06:00-14:00,14:00-22:00,22:00-06:00",30,PL,
""",
    "rates": """\
currency,per_eur
USD,1.1
CNY,8
""",
}


def write_texts(folder: Path, texts: dict[str, str] | None = None) -> Path:
    """Write the files into `folder`/network and return that folder."""
    place = folder / "network"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in (TEXTS if texts is None else texts).items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return place


def rows_of(text: str) -> list[list[str]]:
    """The cells of a CSV text."""
    import csv
    import io

    return list(csv.reader(io.StringIO(text, newline="")))


def text_of(rows: list[list[str]]) -> str:
    """A CSV text of cells."""
    import csv
    import io

    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def with_cell(table: str, row: int, column: str, cell: str) -> dict[str, str]:
    """The good texts with one cell changed; `row` is the number in the file (header is 1)."""
    rows = rows_of(TEXTS[table])
    rows[row - 1][rows[0].index(column)] = cell
    return {**TEXTS, table: text_of(rows)}


def with_row(table: str, row: str) -> dict[str, str]:
    """The good texts with one row added at the end of a table."""
    return {**TEXTS, table: TEXTS[table] + row + "\n"}


def without_row(table: str, row: int) -> dict[str, str]:
    """The good texts without one row."""
    rows = rows_of(TEXTS[table])
    del rows[row - 1]
    return {**TEXTS, table: text_of(rows)}
